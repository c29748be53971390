/** One thing shared at a time: under way, done, refused by the clipboard, or failed. */

import { Modal, Textarea } from "@mantine/core";
import { useCallback, useEffect, useRef, useState, type ReactElement } from "react";

import { errorBody, isAbort, toErrorBody } from "../../api/errors";
import type { ErrorBody } from "../../api/types";
import { useText, type Text } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { NoMaps } from "./collect";
import classes from "./share.module.css";

/** What came of it; a text that the clipboard refused is shown instead. */
export type Outcome = { readonly done: string } | { readonly refused: string };

export type Task = (signal: AbortSignal) => Promise<Outcome>;

type State =
  | { readonly kind: "idle" | "working" }
  | { readonly kind: "done"; readonly words: string }
  | { readonly kind: "refused"; readonly content: string }
  | { readonly kind: "failed"; readonly error: ErrorBody; readonly task: Task };

const SHOWN = 2500;

export interface Sharing {
  readonly state: State;
  readonly run: (task: Task) => void;
  /** Shown where the outcome needs more room than a word. */
  readonly dialog: ReactElement;
}

export function useSharing(): Sharing {
  const text = useText();
  const [state, setState] = useState<State>({ kind: "idle" });
  const current = useRef<AbortController | null>(null);

  useEffect(() => () => current.current?.abort(), []);
  useEffect(() => {
    if (state.kind !== "done") return;
    const timer = setTimeout(() => setState({ kind: "idle" }), SHOWN);
    return () => clearTimeout(timer);
  }, [state]);

  const run = useCallback(
    (task: Task): void => {
      current.current?.abort();
      const mine = (current.current = new AbortController());
      const tell = (next: State): void => {
        if (!mine.signal.aborted) setState(next);
      };
      setState({ kind: "working" });
      task(mine.signal).then(
        (outcome) =>
          tell(
            "done" in outcome ? { kind: "done", words: outcome.done } : { kind: "refused", content: outcome.refused },
          ),
        (error: unknown) => {
          if (!isAbort(error)) tell({ kind: "failed", error: inWords(text, error), task });
        },
      );
    },
    [text],
  );
  const close = (): void => setState({ kind: "idle" });

  return {
    state,
    run,
    dialog: (
      <Modal
        opened={state.kind === "refused" || state.kind === "failed"}
        onClose={close}
        title={text.share.button}
        // Locking the scroll would insert a style element that the security policy refuses.
        lockScroll={false}
        centered
        size="lg"
        classNames={{ inner: classes.dialog }}
        closeButtonProps={{ "aria-label": text.close }}
      >
        {state.kind === "refused" && <Refused content={state.content} />}
        {state.kind === "failed" && (
          <ErrorNote title={text.share.failed} error={state.error} onRetry={() => run(state.task)} />
        )}
      </Modal>
    ),
  };
}

function Refused({ content }: { content: string }): ReactElement {
  const text = useText();
  return (
    <Textarea
      label={text.share.noClipboard}
      classNames={{ input: classes.code }}
      value={content}
      readOnly
      rows={Math.min(Math.max(content.split("\n").length, 2), 20)}
      data-autofocus
      onFocus={(event) => event.currentTarget.select()}
    />
  );
}

function inWords(text: Text, error: unknown): ErrorBody {
  if (error instanceof NoMaps) return errorBody("nothing", text.share.nothing);
  if (error instanceof Error && "width" in error && "height" in error)
    return errorBody("too_large", text.share.tooLarge(Number(error.width), Number(error.height)));
  return toErrorBody(error);
}
