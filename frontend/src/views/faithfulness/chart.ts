/** The geometry of a line chart over shares from 0 to 1; nothing here touches the page. */

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Line {
  readonly values: readonly number[];
  readonly spread: readonly number[] | null;
}

export interface Domain {
  readonly low: number;
  readonly high: number;
}

/** What the values span, their spread included; never empty. */
export function domainOf(lines: readonly Line[]): Domain {
  let low = Infinity;
  let high = -Infinity;
  for (const { values, spread } of lines)
    values.forEach((value, i) => {
      low = Math.min(low, value - (spread?.[i] ?? 0));
      high = Math.max(high, value + (spread?.[i] ?? 0));
    });
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: 0, high: 1 };
  const pad = high > low ? (high - low) * 0.04 : Math.abs(high) * 0.5 || 1;
  return { low: low - pad, high: high + pad };
}

/** Round numbers within the domain, about `count` of them. */
export function ticks({ low, high }: Domain, count = 4): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: Math.max(last - first + 1, 0) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

export const xOf = (box: Box, share: number): number => box.left + share * (box.width - box.left - box.right);

export function yOf(box: Box, { low, high }: Domain, value: number): number {
  return box.top + ((high - value) / (high - low)) * (box.height - box.top - box.bottom);
}

const point = (x: number, y: number): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

export function linePath(box: Box, domain: Domain, shares: readonly number[], values: readonly number[]): string {
  return values
    .map((value, i) => `${i ? "L" : "M"}${point(xOf(box, shares[i] ?? 0), yOf(box, domain, value))}`)
    .join("");
}

/** The area between a line's value less and plus its spread. */
export function bandPath(box: Box, domain: Domain, shares: readonly number[], { values, spread }: Line): string {
  if (!spread) return "";
  const edge = (sign: 1 | -1): string[] =>
    values.map((value, i) => point(xOf(box, shares[i] ?? 0), yOf(box, domain, value + sign * (spread[i] ?? 0))));
  return `M${[...edge(1), ...edge(-1).reverse()].join("L")}Z`;
}

/** The place of the share nearest to an x within the chart. */
export function nearest(box: Box, shares: readonly number[], x: number): number {
  const share = (x - box.left) / (box.width - box.left - box.right);
  let best = 0;
  shares.forEach((candidate, i) => {
    if (Math.abs(candidate - share) < Math.abs((shares[best] ?? 0) - share)) best = i;
  });
  return best;
}

/** At most `most` places, evenly spread, the ends included: the rows of the table. */
export function places(count: number, most = 11): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
