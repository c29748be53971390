/**
 * The value at which the colour scale ends.
 *
 * As Captum's `outlier_perc`: the smallest magnitude at or below which (100 − p) % of the *summed* magnitude lies,
 * so that p % of the mass is drawn as the end of the scale.
 */

export const SIGNS = ["all", "positive", "negative", "absolute"] as const;
export type Sign = (typeof SIGNS)[number];

interface Ranking {
  readonly sorted: Float32Array;
  readonly cumulative: Float64Array;
}

// Sorting is the slow part (20 ms for 512×512), so a map is ranked once and every later limit is a binary search.
const rankings = new WeakMap<Float32Array, Map<Sign, Ranking>>();

export function colourLimit(values: Float32Array, sign: Sign, outlierPercent: number): number {
  const { sorted, cumulative } = ranking(values, sign === "absolute" ? "all" : sign);
  const n = sorted.length;
  if (n === 0) return 0;
  const wanted = cumulative[n - 1]! * 0.01 * (100 - outlierPercent);
  let low = 0;
  let high = n - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! >= wanted) high = middle;
    else low = middle + 1;
  }
  return sorted[low]!;
}

function ranking(values: Float32Array, sign: Sign): Ranking {
  let bySign = rankings.get(values);
  if (!bySign) rankings.set(values, (bySign = new Map<Sign, Ranking>()));
  let found = bySign.get(sign);
  if (!found) bySign.set(sign, (found = rank(values, sign)));
  return found;
}

function rank(values: Float32Array, sign: Sign): Ranking {
  const sorted = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (sign === "positive") sorted[i] = value > 0 ? value : 0;
    else if (sign === "negative") sorted[i] = value < 0 ? -value : 0;
    else sorted[i] = Math.abs(value);
  }
  sorted.sort();
  const cumulative = new Float64Array(sorted.length);
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) cumulative[i] = sum += sorted[i]!;
  return { sorted, cumulative };
}
