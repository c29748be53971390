/** How often values occur. */

export interface Histogram {
  /** One more than there are counts; 0 is among them, so that no bar mixes signs. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly total: number;
}

/** About `bins` bars of a round width from the smallest to the largest value, 0 included; null without finite values. */
export function histogram(values: Float32Array, bins = 40): Histogram | null {
  let low = 0;
  let high = 0;
  let total = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    total++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (total === 0) return null;
  const width = roundWidth((high - low) / bins);
  const first = Math.floor(low / width);
  const last = Math.max(Math.ceil(high / width), first + 1);
  const counts = new Array<number>(last - first).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(Math.floor(value / width), last - 1) - first;
    counts[Math.max(bin, 0)]!++;
  }
  // Multiplied rather than added up, so that 0 is exact.
  return { edges: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * width), counts, total };
}

/** The next larger of 1, 2, 5 × 10ⁿ. */
function roundWidth(width: number): number {
  if (!(width > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(width));
  return ([1, 2, 5].find((step) => step * power >= width) ?? 10) * power;
}
