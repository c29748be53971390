/** How much each of several inputs adds to what is explained: the sum of its attributions. */

import type { HeatMap } from "../heatmap";

export interface Contribution {
  readonly name: string;
  readonly sum: number;
  /** Of the sums' magnitudes. */
  readonly share: number;
}

export function contributions(maps: Readonly<Record<string, HeatMap>>, names: readonly string[]): Contribution[] {
  const sums = names.flatMap((name) => {
    const map = maps[name];
    return map && !map.units && map.nonFinite === 0 ? [{ name, sum: map.values.reduce((a, b) => a + b, 0) }] : [];
  });
  const total = sums.reduce((all, { sum }) => all + Math.abs(sum), 0);
  return sums.map(({ name, sum }) => ({ name, sum, share: total > 0 ? Math.abs(sum) / total : 0 }));
}
