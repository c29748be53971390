/** One end of the colour scale for all comparable maps on the page. */

import { useMemo } from "react";

import { useResults, type Result } from "../api/queries";
import type { ResultInfo } from "../api/types";
import { rendererOf } from "../features";
import { cellOf } from "../state/launches";
import { useDisplay } from "../state/services";
import { needsLayer, type Settings } from "../state/settings";
import { signOf } from "../state/sign";
import { functionOf } from "../state/target";
import type { Text } from "../text";
import { useProgress, useShown, useSubject } from "./workspace";

export type SharedLimits = ReadonlyMap<string, number>;

const NONE: SharedLimits = new Map();

/** Maps are comparable when the same method explains the same quantity of the same model at the same layer. */
export function sharedKey({ model, method, quantity, smoothing, layer, function: of = null }: Comparable): string {
  return JSON.stringify([model, method, of ?? quantity, smoothing?.type ?? null, layer]);
}

type Comparable = Pick<ResultInfo, "model" | "method" | "quantity" | "smoothing" | "layer" | "function">;

/** What the key of a column's maps will be. */
export function columnKey({ model, method, quantity, smoothing, layer, target }: Settings): string {
  const at = needsLayer(method) ? layer : null;
  const of = method.takes_target ? functionOf(target) : null;
  return sharedKey({ model: model.name, method: method.id, quantity, smoothing, layer: at, function: of });
}

/** Columns by what they can share a scale with, in their order. */
function comparableGroups<T>(columns: readonly Settings[], values: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  columns.forEach((column, i) => {
    const key = columnKey(column);
    groups.set(key, [...(groups.get(key) ?? []), ...values.slice(i, i + 1)]);
  });
  return [...groups.values()];
}

/** "One colour scale for Saliency and Saliency of b; every other column has its own." */
export function scaleWords(text: Text, columns: readonly Settings[], titles: readonly string[]): string {
  const words = text.columns.scale;
  const groups = comparableGroups(columns, titles);
  if (groups.length === 1) return words.one;
  if (groups.length === columns.length) return words.each;
  const common = groups.filter(({ length }) => length > 1).map(words.group);
  return words.some(common.join("; "));
}

/** What the switch offers: one scale for all only where all can be compared. */
export function sharedOffer(
  text: Text,
  columns: readonly Settings[],
  titles: readonly string[],
): readonly [label: string, help: string] {
  const words = text.columns.scale;
  const groups = comparableGroups(columns, titles);
  if (groups.length === 1) return [text.display.shared, text.display.sharedHelp];
  if (groups.length === columns.length) return [words.columns, words.helpColumns];
  const common = groups.filter(({ length }) => length > 1).map(words.group);
  return [words.groups, words.helpGroups(common.join("; "))];
}

/** The largest of the limits that the maps would choose for themselves, so that none is clipped more than alone. */
export function useSharedLimits(): SharedLimits {
  const { description, columns } = useSubject();
  const { samples } = useShown();
  const { cells } = useProgress();
  const { shared, sign, outlier } = useDisplay();
  const shown = samples.items.flatMap((sample) =>
    columns.flatMap(({ id }) => {
      const key = cellOf(cells, id, sample.index).shown?.item.key ?? null;
      return key === null ? [] : [{ sample, key }];
    }),
  );
  const results = useResults(shared ? [...new Set(shown.map(({ key }) => key))] : []);
  const loaded = new Map(results.flatMap(({ data }) => (data ? [[data.info.key, data] as const] : [])));
  const fingerprint = [...loaded.keys()].join();

  return useMemo(() => {
    if (!shared) return NONE;
    const limits = new Map<string, number>();
    for (const { sample, key } of shown) {
      const result: Result | undefined = loaded.get(key);
      if (!result) continue;
      const { info } = result;
      const method = description.methods.find(({ id }) => id === info.method);
      for (const feature of sample.features) {
        const limit = rendererOf(feature).limit(result, feature, signOf(sign, method, info.smoothing), outlier);
        limits.set(sharedKey(info), Math.max(limits.get(sharedKey(info)) ?? 0, limit));
      }
    }
    return limits;
    // `shown` and `loaded` are new each time; what they hold is in the fingerprint.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shared, sign, outlier, fingerprint, description]);
}
