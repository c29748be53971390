/** How far each column's maps agree with those of the selected one: computed bit by bit, so that nothing stutters. */

import { useEffect } from "react";

import { useResults, type Result } from "../../api/queries";
import type { Description, Sample } from "../../api/types";
import { drawnValues } from "../../features/image/drawn";
import { agreement, type Agreement, type Disagreement } from "../../heatmap";
import { cellOf, isForeign, type Cell } from "../../state/launches";
import { signOf } from "../../state/sign";
import { createStore, useStore } from "../../state/store";
import { useProgress, useShown, useSubject } from "../workspace";

/** Or why there is none. */
export type Outcome = Agreement | Disagreement | "units";

const store = createStore<ReadonlyMap<string, Outcome>>(new Map());
const waiting = new Map<string, () => Outcome>();
/** Milliseconds at a time. */
const SLICE = 8;
const KEPT = 4000;
let scheduled = false;

const pairOf = (reference: string, other: string): string => `${reference} ${other}`;

function ask(id: string, compute: () => Outcome): void {
  if (store.get().has(id) || waiting.has(id)) return;
  waiting.set(id, compute);
  if (!scheduled) setTimeout(work);
  scheduled = true;
}

function work(): void {
  const end = performance.now() + SLICE;
  const known = [...store.get()].slice(-KEPT);
  for (const [id, compute] of waiting) {
    waiting.delete(id);
    known.push([id, compute()]);
    if (performance.now() > end) break;
  }
  scheduled = waiting.size > 0;
  if (scheduled) setTimeout(work);
  store.set(new Map(known));
}

/** The key of the map that a cell shows of this sample. */
export function shownKey({ shown }: Cell, sample: Sample): string | null {
  return shown && !isForeign(shown.stamp, sample) ? shown.item.key : null;
}

/** Null while it is not known: one of the maps is not there, or its turn has not come. */
export function useAgreement(reference: string | null, other: string | null): Outcome | null {
  const id = reference !== null && other !== null ? pairOf(reference, other) : null;
  return useStore(store, (all) => (id === null ? null : (all.get(id) ?? null)));
}

export interface Mean extends Agreement {
  /** Of how many samples. */
  readonly samples: number;
}

/** The means over the samples shown, by column; has every pair computed. */
export function useMeanAgreements(): ReadonlyMap<number, Mean> {
  const { description, columns, settings } = useSubject();
  const { samples } = useShown();
  const { cells } = useProgress();
  const known = useStore(store, (all) => all);
  const others = columns.filter((column) => column !== settings);
  const pairs = others.flatMap(({ id }) =>
    samples.items.flatMap((sample) => {
      const key = (column: number): string | null => shownKey(cellOf(cells, column, sample.index), sample);
      const [reference, other] = [key(settings.id), key(id)];
      return reference !== null && other !== null ? [{ column: id, sample, reference, other }] : [];
    }),
  );
  const keys = [...new Set(pairs.flatMap(({ reference, other }) => [reference, other]))];
  const results = useResults(keys);
  const loaded = new Map(results.flatMap(({ data }) => (data ? [[data.info.key, data] as const] : [])));

  useEffect(() => {
    for (const { sample, reference, other } of pairs) {
      const [a, b] = [loaded.get(reference), loaded.get(other)];
      if (a && b) ask(pairOf(reference, other), () => compare(a, b, sample, description));
    }
  });

  return new Map(
    others.flatMap(({ id }) => {
      const found = pairs.flatMap(({ column, reference, other }) => {
        const outcome = column === id ? known.get(pairOf(reference, other)) : undefined;
        return typeof outcome === "object" ? [outcome] : [];
      });
      return found.length > 0 ? [[id, meanOf(found)] as const] : [];
    }),
  );
}

function meanOf(all: readonly Agreement[]): Mean {
  const mean = (value: (one: Agreement) => number): number =>
    all.reduce((sum, one) => sum + value(one), 0) / all.length;
  return { correlation: mean((one) => one.correlation), overlap: mean((one) => one.overlap), samples: all.length };
}

function compare(a: Result, b: Result, { features }: Sample, { methods }: Description): Outcome {
  const [feature] = features;
  const [first, second] = [a, b].map(({ maps }) => (feature ? maps[feature.name] : undefined));
  if (!feature || !first || !second || first.units || second.units) return "units";
  const unsigned = ({ info }: Result): boolean =>
    signOf(
      "auto",
      methods.find(({ id }) => id === info.method),
      info.smoothing,
    ) === "absolute";
  const magnitudes = unsigned(a) || unsigned(b);
  if (first.width === second.width && first.height === second.height)
    return agreement(first.values, second.values, magnitudes);
  const [large, other] = [drawnValues(a, feature), drawnValues(b, feature)];
  return large && other ? agreement(large, other, magnitudes) : "units";
}
