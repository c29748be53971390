import { describe, expect, it } from "vitest";

import { distribution, magnitudeRank, massOf, rectangleShares, spanned } from "./mass";

const grid = (...rows: number[][]): Float32Array => Float32Array.from(rows.flat());

describe("massOf", () => {
  it("adds up what is above and what is below 0", () => {
    expect(massOf(grid([1, -2, 0], [3, -0.5, NaN]))).toEqual({ positive: 4, negative: 2.5 });
  });
});

describe("rectangleShares", () => {
  const values = grid([1, -1, 2], [4, 0, -2]);

  it("knows its share of magnitude, sum and area", () => {
    // Magnitudes 1 + 1 + 2 + 4 + 0 + 2 = 10 and sum 4; the left two columns hold 6 and 4, four of six pixels.
    const shares = rectangleShares(values, 3, { left: 0, top: 0, right: 2, bottom: 2 });
    expect(shares.absolute).toBeCloseTo(0.6, 12);
    expect(shares.signed).toBeCloseTo(1, 12);
    expect(shares.area).toBeCloseTo(4 / 6, 12);
  });

  it("may hold more than the whole sum, or less than none of it", () => {
    expect(rectangleShares(values, 3, { left: 0, top: 0, right: 1, bottom: 2 }).signed).toBeCloseTo(5 / 4, 12);
    expect(rectangleShares(values, 3, { left: 1, top: 0, right: 2, bottom: 1 }).signed).toBeCloseTo(-1 / 4, 12);
  });

  it("splits the whole without remainder", () => {
    const random = Float32Array.from({ length: 7 * 5 }, (_, i) => Math.sin(i * 12.9898) * 3);
    const parts = [
      { left: 0, top: 0, right: 3, bottom: 5 },
      { left: 3, top: 0, right: 7, bottom: 2 },
      { left: 3, top: 2, right: 7, bottom: 5 },
    ].map((part) => rectangleShares(random, 7, part));
    for (const key of ["absolute", "signed", "area"] as const)
      expect(parts.reduce((sum, part) => sum + (part[key] ?? NaN), 0)).toBeCloseTo(1, 9);
  });

  it("does not divide by a sum of nothing", () => {
    const shares = rectangleShares(grid([1, -1]), 2, { left: 0, top: 0, right: 1, bottom: 1 });
    expect(shares).toEqual({ absolute: 0.5, signed: null, area: 0.5 });
    expect(rectangleShares(grid([0, 0]), 2, { left: 0, top: 0, right: 1, bottom: 1 })).toEqual({
      absolute: 0,
      signed: null,
      area: 0.5,
    });
  });

  it("is spanned by two pixels in any order", () => {
    const expected = { left: 2, top: 1, right: 6, bottom: 5 };
    expect(spanned({ x: 2, y: 4 }, { x: 5, y: 1 })).toEqual(expected);
    expect(spanned({ x: 5, y: 1 }, { x: 2, y: 4 })).toEqual(expected);
  });
});

describe("distribution", () => {
  it("tells the ninths apart", () => {
    const values = new Float32Array(81);
    values[0] = 3;
    values[4 * 9 + 4] = -1;
    values[8 * 9 + 3] = 4;
    const at = (sign: Parameters<typeof distribution>[3]): readonly number[] => distribution(values, 9, 9, sign).shares;
    expect(at("all")).toEqual([3 / 8, 0, 0, 0, 1 / 8, 0, 0, 4 / 8, 0]);
    expect(at("absolute")).toEqual(at("all"));
    expect(at("positive")).toEqual([3 / 7, 0, 0, 0, 0, 0, 0, 4 / 7, 0]);
    expect(at("negative")).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });

  it("gives a mirrored image mirrored shares, whatever its size", () => {
    const [width, height] = [10, 7];
    const values = Float32Array.from({ length: width * height }, (_, i) => Math.cos(i * 3.7));
    const mirrored = Float32Array.from(values, (_, i) => values[i - (i % width) + (width - 1 - (i % width))]!);
    const shares = distribution(values, width, height, "all").shares;
    const back = distribution(mirrored, width, height, "all").shares;
    for (let i = 0; i < 9; i++) expect(back[i - (i % 3) + (2 - (i % 3))]).toBeCloseTo(shares[i]!, 9);
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
  });

  it("of nothing is nothing", () => {
    expect(distribution(new Float32Array(9), 3, 3, "all")).toEqual({ shares: new Array(9).fill(0), total: 0 });
  });
});

describe("magnitudeRank", () => {
  it("is the share of smaller magnitudes", () => {
    const values = grid([1, -2, 3, -4]);
    expect([0, 1, -1, -3.5, 9].map((value) => magnitudeRank(values, value))).toEqual([0, 0, 0, 0.75, 1]);
  });
});
