import { describe, expect, it } from "vitest";

import { colourScale, SCALE_IDS, type Rgb } from "../heatmap";
import { shade, strength } from "./shade";

const PAGES: readonly Rgb[] = [
  [255, 255, 255],
  [26, 25, 31],
];

const parts = (colour: string): number[] =>
  colour.startsWith("#")
    ? [1, 2, 3].map((at) => parseInt(colour.charAt(at).repeat(2), 16))
    : colour.match(/\d+/g)!.map(Number);

function luminance(colour: string): number {
  const [r, g, b] = parts(colour).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

describe("strength", () => {
  it("ends where the scale does and follows the sign", () => {
    expect(strength(2, "all", 1)).toBe(1);
    expect(strength(-3, "all", 2)).toBe(-1);
    expect(strength(-1, "absolute", 2)).toBe(0.5);
    expect(strength(-1, "positive", 2)).toBe(0);
    expect(strength(1, "negative", 2)).toBe(0);
    expect(strength(1, "all", 0)).toBe(0);
    expect(strength(NaN, "all", 1)).toBe(0);
  });
});

describe("shade", () => {
  it("leaves nothing behind a word without a value", () => {
    expect(shade(colourScale("red-blue"), 0, [0, 0, 0])).toBeNull();
  });

  it("can be read on every scale, in light and in dark", () => {
    for (const id of SCALE_IDS)
      for (const page of PAGES)
        for (let share = -1; share <= 1; share += 0.05) {
          const found = shade(colourScale(id), share, page);
          if (!found) continue;
          const [low, high] = [luminance(found.color), luminance(found.background)].sort((a, b) => a - b);
          expect((high! + 0.05) / (low! + 0.05)).toBeGreaterThanOrEqual(4.5);
        }
  });
});
