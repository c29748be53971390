import { describe, expect, it } from "vitest";

import { colourLimit } from "./limit";

// Magnitudes 1 … 10 sum to 55.
const values = Float32Array.from([10, -9, 8, -7, 6, -5, 4, -3, 2, -1]);

/** Captum's `_cumulative_sum_threshold`, by its definition and without a search. */
function threshold(magnitudes: number[], percentile: number): number {
  const sorted = [...magnitudes].sort((a, b) => a - b);
  const total = sorted.reduce((a, b) => a + b, 0);
  let sum = 0;
  for (const value of sorted) if ((sum += value) >= total * 0.01 * percentile) return value;
  throw new Error("unreachable");
}

describe("colourLimit", () => {
  it("is the largest magnitude where nothing is clipped", () => {
    expect(colourLimit(values, "all", 0)).toBe(10);
  });

  it("leaves the asked share of the summed magnitude beyond the end", () => {
    // 45 of 55 lie at or below 9, which is 81.8 %; 36 of 55 at or below 8, which is 65.5 %.
    expect(colourLimit(values, "all", 18)).toBe(10);
    expect(colourLimit(values, "all", 19)).toBe(9);
    expect(colourLimit(values, "all", 35)).toBe(8);
  });

  it("agrees with Captum's definition on uneven values", () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5;
    const many = Float32Array.from({ length: 1000 }, () => random() ** 3);
    for (const percent of [0.5, 2, 10, 40])
      expect(colourLimit(many, "all", percent)).toBe(
        threshold(
          [...many].map((value) => Math.abs(value)),
          100 - percent,
        ),
      );
  });

  it("looks at one sign alone", () => {
    expect(colourLimit(values, "positive", 0)).toBe(10);
    expect(colourLimit(values, "negative", 0)).toBe(9);
    expect(colourLimit(values, "absolute", 19)).toBe(9);
  });

  it("is 0 where the sign does not occur or there is nothing", () => {
    expect(colourLimit(Float32Array.from([1, 2]), "negative", 2)).toBe(0);
    expect(colourLimit(new Float32Array(0), "all", 2)).toBe(0);
  });

  it("does not blank tiny values", () => {
    expect(colourLimit(Float32Array.from([1e-7, -2e-7]), "all", 0)).toBeCloseTo(2e-7, 12);
  });
});
