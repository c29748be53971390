import { interpolateRdBu } from "d3-scale-chromatic";
import { describe, expect, it } from "vitest";

import { normalise, paintBar, paintHeat, paintMasked, paintOverlay, underlay } from "./paint";
import { colourScale } from "./scales";

const bytes = (pixels: Uint32Array): number[][] => {
  const flat = new Uint8Array(pixels.buffer);
  return Array.from(pixels, (_, i) => [...flat.subarray(i * 4, i * 4 + 4)]);
};

const redBlue = colourScale("red-blue");
const heat = (
  values: number[],
  limit: number,
  sign: "all" | "positive" | "negative" | "absolute" = "all",
): number[][] => {
  const out = new Uint32Array(values.length);
  paintHeat(Float32Array.from(values), { sign, limit }, redBlue, out);
  return bytes(out);
};

const RED_END = [103, 0, 31, 255];
const BLUE_END = [5, 48, 97, 255];
const WHITE = [255, 255, 255, 255];

describe("normalise", () => {
  it("divides by the limit and clips to −1 … 1", () => {
    const norm = { sign: "all", limit: 2 } as const;
    expect([-5, -1, 0, 1, 5].map((value) => normalise(value, norm))).toEqual([-1, -0.5, 0, 0.5, 1]);
  });

  it("keeps one sign, or folds both", () => {
    expect(normalise(-1, { sign: "positive", limit: 2 })).toBe(0);
    expect(normalise(1, { sign: "negative", limit: 2 })).toBe(0);
    expect(normalise(-1, { sign: "absolute", limit: 2 })).toBe(0.5);
  });

  it("is nothing without a limit", () => {
    expect(normalise(3, { sign: "all", limit: 0 })).toBe(0);
  });
});

describe("paintHeat", () => {
  it("ends in ColorBrewer's red and blue, with white for nothing", () => {
    expect(heat([1, 0, -1], 1)).toEqual([RED_END, WHITE, BLUE_END]);
  });

  it("clips beyond the limit, however far", () => {
    expect(heat([3, -1e30, 1e30], 2)).toEqual([RED_END, BLUE_END, RED_END]);
  });

  it("is within one level of the scale's formula everywhere", () => {
    const values = Array.from({ length: 401 }, (_, i) => i / 200 - 1);
    heat(values, 1).forEach((pixel, i) => {
      const value = values[i]!;
      const at = (t: number): number[] => (interpolateRdBu(t).match(/\d+/g) ?? []).map(Number);
      // The spline's middle, before it is rounded.
      const middle = [1450 / 6, 1436 / 6, 1427 / 6];
      at((1 - value) / 2).forEach((level, channel) => {
        const lifted = Math.min(level + (255 - middle[channel]!) * (1 - Math.abs(value)), 255);
        // A level, and half of one by which the formula's own colour is rounded.
        expect(Math.abs(pixel[channel]! - lifted)).toBeLessThanOrEqual(1.5);
      });
    });
  });

  it("draws only the sign asked for", () => {
    expect(heat([1, -1], 1, "positive")).toEqual([RED_END, WHITE]);
    expect(heat([1, -1], 1, "negative")).toEqual([WHITE, BLUE_END]);
    expect(heat([1, -1], 1, "absolute")).toEqual([RED_END, RED_END]);
  });

  it("is blank without a limit", () => {
    expect(heat([0, 0], 0)).toEqual([WHITE, WHITE]);
  });

  it("draws magnitude alone in sequential scales, white for nothing in white–black", () => {
    const out = new Uint32Array(3);
    paintHeat(Float32Array.from([-1, 0, 1]), { sign: "all", limit: 1 }, colourScale("white-black"), out);
    expect(bytes(out)).toEqual([[0, 0, 0, 255], WHITE, [0, 0, 0, 255]]);
  });

  it("has Captum's green and red", () => {
    const out = new Uint32Array(2);
    paintHeat(Float32Array.from([1, -1]), { sign: "all", limit: 1 }, colourScale("green-red"), out);
    expect(bytes(out)).toEqual([
      [0, 128, 0, 255],
      [255, 0, 0, 255],
    ]);
  });
});

describe("paintOverlay", () => {
  const paint = (values: number[], opacity: number, grey: number[]): number[][] => {
    const out = new Uint32Array(values.length);
    const norm = { sign: "all", limit: 1 } as const;
    paintOverlay(Float32Array.from(values), norm, redBlue, opacity, Uint8Array.from(grey), out);
    return bytes(out);
  };

  it("leaves the grey image where nothing is attributed", () => {
    expect(paint([0, 0], 1, [0, 200])).toEqual([
      [0, 0, 0, 255],
      [200, 200, 200, 255],
    ]);
  });

  it("covers it by magnitude times opacity", () => {
    expect(paint([1, -1], 1, [90, 90])).toEqual([
      [222, 32, 48, 255],
      [24, 104, 214, 255],
    ]);
    // Half of the red over half of 100: 111 + 50, 16 + 50, 24 + 50.
    expect(paint([0.5], 1, [100])).toEqual([[161, 66, 74, 255]]);
    expect(paint([1], 0.5, [100])).toEqual([[161, 66, 74, 255]]);
    expect(paint([1], 0, [100])).toEqual([[100, 100, 100, 255]]);
  });
});

describe("paintMasked", () => {
  it("makes each pixel as bright as its magnitude", () => {
    const out = new Uint32Array(3);
    const image = Uint8ClampedArray.from([200, 100, 50, 255, 200, 100, 50, 255, 200, 100, 50, 255]);
    paintMasked(Float32Array.from([1, -0.5, 0]), { sign: "all", limit: 1 }, image, out);
    expect(bytes(out)).toEqual([
      [200, 100, 50, 255],
      [100, 50, 25, 255],
      [0, 0, 0, 255],
    ]);
  });
});

describe("paintBar", () => {
  it("runs from end to end", () => {
    const out = new Uint32Array(3);
    paintBar([-1, 1], redBlue, "heat", 1, out);
    expect(bytes(out)).toEqual([BLUE_END, WHITE, RED_END]);
  });

  it("fades to nothing for the overlay, to black for the mask", () => {
    const out = new Uint32Array(3);
    paintBar([-1, 1], redBlue, "overlay", 0.5, out);
    expect(bytes(out).map((pixel) => pixel[3])).toEqual([128, 0, 128]);
    paintBar([0, 1], redBlue, "masked", 1, out);
    expect(bytes(out).map((pixel) => pixel[0])).toEqual([0, 128, 255]);
  });
});

describe("underlay", () => {
  it("weighs the channels as BT.601 and fades towards white", () => {
    const image = Uint8ClampedArray.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
    // Luma 76.245, 149.685, 29.07 and 255, each 45 % of the way to white.
    expect([...underlay(image)]).toEqual([157, 197, 131, 255]);
    expect([...underlay(Uint8ClampedArray.from([0, 0, 0, 255]))]).toEqual([115]);
  });
});
