import { describe, expect, it } from "vitest";

import { bilinear, enlarge, nearest } from "./enlarge";
import { heatMap } from "./map";
import { maskOutline } from "./outline";

describe("nearest", () => {
  it("repeats pixels", () => {
    expect([...nearest(Float32Array.from([1, 2, 3, 4]), 2, 2, 4, 2)]).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it("takes the pixel that covers the place where sizes do not divide", () => {
    expect([...nearest(Float32Array.from([1, 2]), 2, 1, 3, 1)]).toEqual([1, 1, 2]);
  });
});

describe("bilinear", () => {
  it("is torch's interpolate without aligned corners", () => {
    // torch.nn.functional.interpolate(tensor([[[0., 4.]]]), 4, mode="linear", align_corners=False), by its formula:
    // positions (i + 0.5) / 2 − 0.5 = −0.25, 0.25, 0.75, 1.25, held at the borders.
    expect([...bilinear(Float32Array.from([0, 4]), 2, 1, 4, 1)]).toEqual([0, 1, 3, 4]);
  });

  it("works in both directions at once", () => {
    const out = bilinear(Float32Array.from([0, 4, 8, 12]), 2, 2, 4, 4);
    expect([...out.subarray(0, 4)]).toEqual([0, 1, 3, 4]);
    expect([...out.subarray(4, 8)]).toEqual([2, 3, 5, 6]);
    expect([...out.subarray(12, 16)]).toEqual([8, 9, 11, 12]);
  });

  it("keeps a constant, and one pixel spreads everywhere", () => {
    expect(new Set(bilinear(Float32Array.from([5]), 1, 1, 7, 3))).toEqual(new Set([5]));
  });
});

describe("enlarge", () => {
  it("hands out the map itself where nothing is to be done", () => {
    const map = heatMap({ shape: [1, 1, 2], data: new Float32Array([1, 2]) });
    expect(enlarge(map, 2, 1, "bilinear")).toBe(map.values);
  });
});

describe("maskOutline", () => {
  it("goes round a block in joined runs", () => {
    // . # #
    // . # #
    const path = maskOutline([0, 1, 1, 0, 1, 1], 3, 2);
    expect(path.match(/M[^M]+/g)?.sort()).toEqual(["M1 0H3", "M1 0V2", "M1 2H3", "M3 0V2"]);
  });

  it("is empty for an empty mask", () => {
    expect(maskOutline([0, 0, 0, 0], 2, 2)).toBe("");
  });

  it("has the length of the border", () => {
    // A plus sign of five pixels has a border of 12 pixel edges.
    const plus = [0, 1, 0, 1, 1, 1, 0, 1, 0];
    const lengths = [...maskOutline(plus, 3, 3).matchAll(/M(\d+) (\d+)([HV])(\d+)/g)].map(
      ([, x, y, axis, end]) => Number(end) - Number(axis === "H" ? x : y),
    );
    expect(lengths.reduce((a, b) => a + b, 0)).toBe(12);
  });
});
