import { describe, expect, it } from "vitest";

import { INITIAL, type Display } from "../state/page";
import { mapMarks, originalMarks } from "./marks";
import type { ShownTable, ShownText } from "./shown";

const text: ShownText = {
  kind: "text",
  feature: "review",
  width: 4,
  words: [
    { text: "unwatchable", start: 0, stop: 2, padding: false },
    { text: "film", start: 2, stop: 3, padding: false },
    { text: "<pad>", start: 3, stop: 4, padding: true },
  ],
  decides: [false, true, false, false],
};
const table: ShownTable = {
  kind: "table",
  feature: "person",
  width: 3,
  rows: [
    { name: "age", value: 41.123456, unit: "years", places: [0] },
    { name: "colour", value: "red", unit: null, places: [1, 2] },
  ],
  decides: [],
};
const display = (change: Partial<Display>): Display => ({ ...INITIAL.display, outlier: 0, ...change });
const subject = (...values: number[]) => ({
  map: { width: values.length, height: 1, values: Float32Array.from(values) },
  interpolation: "nearest" as const,
  sign: "all" as const,
});

describe("marks", () => {
  it("are the words with the sums of their tokens, as strong as the end of the scale lets them", () => {
    const [panel, ...others] = mapMarks(subject(-1, -1, 0.5, 0), text, display({ panels: ["overlay", "heat"] }));
    expect(others).toEqual([]);
    expect(panel?.marks.map(({ text: word, value, share, decides }) => [word, value, share, decides])).toEqual([
      ["unwatchable", -2, -1, true],
      ["film", 0.5, 0.25, false],
    ]);
    expect(panel?.bar).toMatchObject({ low: -2, high: 2 });
  });

  it("are the lines, the largest first, and those of a sign alone", () => {
    const panels = mapMarks(subject(0.5, -1, -1), table, display({ panels: ["heat", "positive"] }));
    expect(panels.map(({ panel, marks }) => [panel, marks.map(({ text: name }) => name)])).toEqual([
      ["heat", ["colour", "age"]],
      ["positive", ["age"]],
    ]);
  });

  it("of an input by itself are uncoloured", () => {
    expect(originalMarks(table).marks.map(({ beside, share, value }) => [beside, share, value])).toEqual([
      ["41.12 years", 0, null],
      ["red", 0, null],
    ]);
  });
});
