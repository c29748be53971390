import { Button } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactElement } from "react";

import { record, redo, startHistory, undo, type History } from "../../state/history";
import { useText } from "../../text";

export interface Steps<T> {
  readonly now: T;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Keeps a value as the next step. */
  readonly commit: (value: T) => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

/** A value that can be had as it was. */
export function useSteps<T>(first: T): Steps<T> {
  const [history, setHistory] = useState<History<T>>(() => startHistory(first));
  return {
    now: history.present,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    commit: (value) => setHistory((before) => record(before, value)),
    undo: () => setHistory(undo),
    redo: () => setHistory(redo),
  };
}

type Undoable = Pick<Steps<unknown>, "canUndo" | "canRedo" | "undo" | "redo">;

/** Ctrl+Z and its like. */
export function onHistoryKey(event: KeyboardEvent, steps: Undoable): void {
  if (!(event.ctrlKey || event.metaKey)) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) steps.redo();
  else steps.undo();
}

export function HistoryButtons({ steps, clear }: { steps: Undoable; clear: (() => void) | null }): ReactElement {
  const text = useText();
  return (
    <>
      <Button size="compact-sm" variant="default" disabled={!steps.canUndo} onClick={steps.undo}>
        {text.edit.undo}
      </Button>
      <Button size="compact-sm" variant="default" disabled={!steps.canRedo} onClick={steps.redo}>
        {text.edit.redo}
      </Button>
      <Button size="compact-sm" variant="default" disabled={clear === null} onClick={() => clear?.()}>
        {text.edit.clear}
      </Button>
    </>
  );
}
