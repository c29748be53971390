/** How far two maps of one image agree, place by place. */

export interface Agreement {
  /** Spearman's rank correlation, -1 … 1. */
  readonly correlation: number;
  /** The share of the places of largest magnitude that both have in common, 0 … 1. */
  readonly overlap: number;
}

/** Of the places that count as those of largest magnitude. */
export const TOP_SHARE = 0.1;

export type Disagreement = "constant" | "nonFinite";

/** Why there is no number, where there is none. `magnitudes`: one of the maps has lost its sign. */
export function agreement(a: Float32Array, b: Float32Array, magnitudes: boolean): Agreement | Disagreement {
  const [first, second] = [prepared(a, magnitudes), prepared(b, magnitudes)];
  if (!first || !second) return "nonFinite";
  if (!first.norm || !second.norm) return "constant";
  let product = 0;
  let common = 0;
  for (let i = 0; i < a.length; i++) {
    product += first.ranks[i]! * second.ranks[i]!;
    common += Math.min(first.top[i]!, second.top[i]!);
  }
  return { correlation: product / (first.norm * second.norm), overlap: common / topCount(a.length) };
}

const topCount = (length: number): number => Math.max(1, Math.round(TOP_SHARE * length));

interface Prepared {
  /** About their mean. */
  readonly ranks: Float64Array;
  /** Root of the summed squares; 0 where all values are the same. */
  readonly norm: number;
  /** How far each place is among the top: places tied at its border share what is left of it. */
  readonly top: Float32Array;
}

// A map meets every other column's, and ranking is the slow part.
const known = [new WeakMap<Float32Array, Prepared | null>(), new WeakMap<Float32Array, Prepared | null>()] as const;

function prepared(values: Float32Array, magnitudes: boolean): Prepared | null {
  const cache = known[magnitudes ? 1 : 0];
  let found = cache.get(values);
  if (found === undefined) cache.set(values, (found = prepare(values, magnitudes)));
  return found;
}

function prepare(values: Float32Array, magnitudes: boolean): Prepared | null {
  if (!values.every(Number.isFinite)) return null;
  const sizes = values.map(Math.abs);
  const ranks = averageRanks(magnitudes ? sizes : values);
  const mean = (values.length + 1) / 2;
  let squares = 0;
  for (let i = 0; i < ranks.length; i++) {
    ranks[i]! -= mean;
    squares += ranks[i]! ** 2;
  }
  return { ranks, norm: Math.sqrt(squares), top: topOf(sizes) };
}

/** From 1; equal values have the mean of the ranks that they take up. */
export function averageRanks(values: Float32Array): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function topOf(sizes: Float32Array): Float32Array {
  const wanted = topCount(sizes.length);
  const border = sizes.slice().sort()[sizes.length - wanted]!;
  let larger = 0;
  let equal = 0;
  for (const size of sizes) {
    if (size > border) larger++;
    else if (size === border) equal++;
  }
  const share = (wanted - larger) / equal;
  return sizes.map((size) => (size > border ? 1 : size === border ? share : 0));
}
