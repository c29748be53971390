import { useMemo, useState } from "react";

import { emptyMask, type Mask } from "../../heatmap";
import { record, redo, startHistory, undo, type History } from "../../state/history";

export interface Editing {
  /** With the stroke that is being drawn. */
  readonly mask: Mask;
  readonly drawing: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Shows a stroke under way; null drops it. */
  readonly sketch: (mask: Mask | null) => void;
  /** Keeps a mask as the next step. */
  readonly commit: (mask: Mask) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly clear: () => void;
}

export function useEditing(width: number, height: number): Editing {
  const empty = useMemo(() => emptyMask(width, height), [width, height]);
  const [history, setHistory] = useState<History<Mask>>(() => startHistory(empty));
  const [sketched, setSketched] = useState<Mask | null>(null);
  const commit = (mask: Mask): void => {
    setSketched(null);
    setHistory((now) => record(now, mask));
  };
  return {
    mask: sketched ?? history.present,
    drawing: sketched !== null,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    sketch: setSketched,
    commit,
    undo: () => setHistory(undo),
    redo: () => setHistory(redo),
    clear: () => commit(empty),
  };
}
