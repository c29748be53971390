/** Numbers as they are typed. */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DIGITS = 12;

/** "12", "-0.5", "1e3"; null for what is no number, as for nothing. A comma may mean two things, so it means none. */
export function readNumber(typed: string): number | null {
  const plain = typed.trim().replace("−", "-");
  const number = NUMBER.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

/** The next number up or down, within the bounds; without the error that binary fractions add up to. */
export function stepped(from: number, by: number, low: number | null, high: number | null): number {
  const next = Number((from + by).toPrecision(DIGITS));
  return Math.min(Math.max(next, low ?? -Infinity), high ?? Infinity);
}
