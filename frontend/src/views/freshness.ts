import type { Sample } from "../api/types";
import { cellFreshness, overall, type Freshness } from "../state/freshness";
import { cellOf } from "../state/launches";
import { isAvailable, type Settings } from "../state/settings";
import { useProgress, useShown, useSubject, type Workspace } from "./workspace";

type Known = Pick<Workspace, "description" | "samples" | "cells">;

const freshnessOf = ({ description, cells }: Known, settings: Settings, sample: Sample): Freshness =>
  cellFreshness(cellOf(cells, settings.id, sample.index), { description, settings }, sample);

/** Whether a column's maps are what Fetch would bring. */
export function columnFreshness(known: Known, settings: Settings): Freshness {
  return overall(known.samples.items.map((sample) => freshnessOf(known, settings, sample)));
}

/** Whether all maps on the page are. */
export function useFreshness(): Freshness {
  const { description, columns } = useSubject();
  const { samples } = useShown();
  const known = { description, samples, cells: useProgress().cells };
  return overall(
    columns
      .filter(isAvailable)
      .flatMap((settings) => samples.items.map((sample) => freshnessOf(known, settings, sample))),
  );
}
