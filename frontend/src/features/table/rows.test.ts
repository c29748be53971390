import { describe, expect, it } from "vitest";

import { heatMap } from "../../heatmap";
import type { Drawable } from "../types";
import { linesOf, valuedLines, type TableFeature } from "./rows";

const feature: TableFeature = {
  name: "table",
  kind: "table",
  width: 4,
  height: 1,
  evidence: false,
  rows: [
    { name: "age", value: 40, unit: "years", places: [0] },
    { name: "colour", value: "red", unit: null, places: [1, 2] },
    { name: "weight", value: 70.5, unit: null, places: [3] },
  ],
};
const map = heatMap({ shape: [1, 1, 4], data: Float32Array.from([0.5, -1, -0.25, 1.25]) });
const info = { feature: "table", shape: [], interpolation: "nearest" as const, minimum: 0, maximum: 0 };
const result: Drawable = { info: { maps: [info] }, maps: { table: map } };

describe("lines of a table", () => {
  it("are sorted by magnitude, categories summed", () => {
    const lines = valuedLines(result, feature)!;
    expect(lines.map(({ name, attribution }) => [name, attribution])).toEqual([
      ["colour", -1.25],
      ["weight", 1.25],
      ["age", 0.5],
    ]);
  });

  it("are those of the sign", () => {
    const lines = valuedLines(result, feature)!;
    expect(linesOf(lines, "positive").map(({ name }) => name)).toEqual(["weight", "age"]);
    expect(linesOf(lines, "negative").map(({ name }) => name)).toEqual(["colour"]);
    expect(linesOf(lines, "absolute")).toHaveLength(3);
  });

  it("are none without a map", () => {
    expect(valuedLines({ info: { maps: [] }, maps: {} }, feature)).toBeNull();
  });
});
