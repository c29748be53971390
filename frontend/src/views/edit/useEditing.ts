import { useMemo, useState } from "react";

import { emptyMask, type Mask } from "../../heatmap";
import { useSteps, type Steps } from "./History";

export interface Editing extends Steps<Mask> {
  /** With the stroke that is being drawn. */
  readonly mask: Mask;
  readonly drawing: boolean;
  /** Shows a stroke under way; null drops it. */
  readonly sketch: (mask: Mask | null) => void;
  readonly clear: () => void;
}

export function useEditing(width: number, height: number): Editing {
  const empty = useMemo(() => emptyMask(width, height), [width, height]);
  const steps = useSteps<Mask>(empty);
  const [sketched, setSketched] = useState<Mask | null>(null);
  const commit = (mask: Mask): void => {
    setSketched(null);
    steps.commit(mask);
  };
  return {
    ...steps,
    mask: sketched ?? steps.now,
    drawing: sketched !== null,
    sketch: setSketched,
    commit,
    clear: () => commit(empty),
  };
}
