import { describe, expect, it } from "vitest";

import { agreement, averageRanks, type Agreement } from "./agreement";

const values = (...numbers: number[]): Float32Array => Float32Array.from(numbers);
const both = (a: Float32Array, b: Float32Array, magnitudes = false): Agreement => {
  const found = agreement(a, b, magnitudes);
  if (typeof found === "string") throw new Error(found);
  return found;
};

describe("rank correlation", () => {
  it("gives equal values the mean of their ranks", () => {
    expect([...averageRanks(values(3, 1, 3, 0, 3))]).toEqual([4, 2, 4, 1, 4]);
  });

  it("is 1 for any rising relation and -1 for any falling one", () => {
    const a = values(0.1, -2, 5, 3, -0.5);
    expect(
      both(
        a,
        a.map((x) => x ** 3),
      ).correlation,
    ).toBeCloseTo(1, 12);
    expect(
      both(
        a,
        a.map((x) => -Math.exp(x)),
      ).correlation,
    ).toBeCloseTo(-1, 12);
  });

  it("is the textbook's formula where there are no ties", () => {
    // IQ and hours of television: Σd² = 194 for n = 10, so ρ = 1 - 6 · 194 / (10 · 99) = -29/165.
    const iq = values(106, 100, 86, 101, 99, 103, 97, 113, 112, 110);
    const hours = values(7, 27, 2, 50, 28, 29, 20, 12, 6, 17);
    expect(both(iq, hours).correlation).toBeCloseTo(-29 / 165, 12);
  });

  it("is Pearson's correlation of the ranks where there are ties", () => {
    // About their means, the ranks are -1 -1 ½ 1½ and -½ -½ -½ 1½.
    expect(both(values(1, 1, 2, 3), values(0, 0, 0, 9)).correlation).toBeCloseTo(3 / Math.sqrt(4.5 * 3), 12);
  });

  it("compares magnitudes where one map has no sign", () => {
    const a = values(-4, 3, -2, 1);
    expect(both(a, a.map(Math.abs), true).correlation).toBeCloseTo(1, 12);
    expect(both(a, a.map(Math.abs)).correlation).toBeLessThan(0.5);
  });

  it("says why there is none", () => {
    expect(agreement(values(1, 1, 1), values(1, 2, 3), false)).toBe("constant");
    expect(agreement(values(1, -1, 1), values(1, 2, 3), true)).toBe("constant");
    expect(agreement(values(1, NaN), values(1, 2), false)).toBe("nonFinite");
    expect(agreement(values(1, 2), values(1, Infinity), false)).toBe("nonFinite");
  });
});

describe("overlap of the top tenth", () => {
  const twenty = (large: Record<number, number>): Float32Array =>
    Float32Array.from({ length: 20 }, (_, i) => large[i] ?? i / 100);

  it("counts places in common by magnitude, whatever the sign", () => {
    expect(both(twenty({ 3: 9, 4: -8 }), twenty({ 4: 5, 7: 6 })).overlap).toBe(0.5);
    expect(both(twenty({ 3: 9, 4: -8 }), twenty({ 3: 5, 4: 6 })).overlap).toBe(1);
    expect(both(twenty({ 3: 9, 4: -8 }), twenty({ 5: 5, 6: 6 })).overlap).toBe(0);
  });

  it("shares what is left of the top among ties at its border", () => {
    // Four tied places for two: each counts half, so a map agrees wholly with itself and a quarter with one of them.
    const tied = twenty({ 1: 5, 2: 5, 3: 5, 4: 5 });
    expect(both(tied, tied.slice()).overlap).toBe(1);
    expect(both(tied, twenty({ 1: 5, 9: 6 })).overlap).toBe(0.25);
  });
});
