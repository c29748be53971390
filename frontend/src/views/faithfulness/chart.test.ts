import { describe, expect, it } from "vitest";

import { bandPath, domainOf, linePath, nearest, places, ticks, xOf, yOf, type Box } from "./chart";

const BOX: Box = { width: 120, height: 110, left: 10, right: 10, top: 5, bottom: 5 };

describe("the domain", () => {
  it("holds every value with its spread, and a little air", () => {
    const { low, high } = domainOf([
      { values: [0, 10], spread: null },
      { values: [5, 5], spread: [1, 10] },
    ]);
    expect(low).toBeCloseTo(-5 - 0.8);
    expect(high).toBeCloseTo(15 + 0.8);
  });

  it("is never empty", () => {
    for (const lines of [[], [{ values: [3, 3], spread: null }], [{ values: [0], spread: null }]]) {
      const { low, high } = domainOf(lines);
      expect(high).toBeGreaterThan(low);
    }
  });
});

describe("ticks", () => {
  it.each([
    [0, 1, [0, 0.5, 1]],
    [-2.2, 6.3, [0, 5]],
    [-0.31, 0.28, [-0.2, 0, 0.2]],
    [1200, 1900, [1200, 1400, 1600, 1800]],
  ])("of %d to %d are round", (low, high, expected) => {
    expect(ticks({ low, high })).toEqual(expected);
  });
});

describe("places", () => {
  it("go from the left edge to the right one and from the top down", () => {
    expect([xOf(BOX, 0), xOf(BOX, 1)]).toEqual([10, 110]);
    expect([yOf(BOX, { low: 0, high: 4 }, 4), yOf(BOX, { low: 0, high: 4 }, 0)]).toEqual([5, 105]);
  });

  it("are found again from where the pointer is, beyond the edges too", () => {
    const shares = [0, 0.25, 0.5, 0.75, 1];
    shares.forEach((share, i) => expect(nearest(BOX, shares, xOf(BOX, share) + 3)).toBe(i));
    expect(nearest(BOX, shares, -50)).toBe(0);
    expect(nearest(BOX, shares, 500)).toBe(4);
  });

  it("of the table are few, in order, with both ends", () => {
    expect(places(4)).toEqual([0, 1, 2, 3]);
    const many = places(65);
    expect(many).toHaveLength(11);
    expect([many[0], many.at(-1)]).toEqual([0, 64]);
    expect([...many].sort((a, b) => a - b)).toEqual(many);
  });
});

describe("paths", () => {
  it("go through the points", () => {
    expect(linePath(BOX, { low: 0, high: 1 }, [0, 1], [1, 0])).toBe("M10.0 5.0L110.0 105.0");
  });

  it("close a band around the line, and draw none without spread", () => {
    const line = { values: [0.5, 0.5], spread: [0.5, 0.25] };
    expect(bandPath(BOX, { low: 0, high: 1 }, [0, 1], line)).toBe("M10.0 5.0L110.0 30.0L110.0 80.0L10.0 105.0Z");
    expect(bandPath(BOX, { low: 0, high: 1 }, [0, 1], { values: [0, 1], spread: null })).toBe("");
  });
});
