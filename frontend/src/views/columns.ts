import type { Sample } from "../api/types";
import { isCurrent } from "../state/freshness";
import { cellKey, EMPTY_CELL } from "../state/launches";
import { useWanted } from "./freshness";
import type { Column } from "./samples/SampleCard";
import { useWorkspace } from "./workspace";

/** What stands side by side for one sample. */
export function useColumns(sample: Sample): readonly Column[] {
  const wanted = useWanted();
  const { settings, cells } = useWorkspace();
  return settings.models.map((model) => {
    const cell = cells.get(cellKey(model.name, sample.index)) ?? EMPTY_CELL;
    return { model, cell, current: isCurrent(cell, wanted, model, sample) };
  });
}
