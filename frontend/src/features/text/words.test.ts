import { describe, expect, it } from "vitest";

import { heatMap } from "../../heatmap";
import type { Drawable } from "../types";
import { isShown, largest, valuedWords, type TextFeature } from "./words";

const feature: TextFeature = {
  name: "text",
  kind: "text",
  width: 5,
  height: 1,
  evidence: false,
  text: null,
  words: [
    { text: "unwatchable", start: 0, stop: 3, padding: false },
    { text: "film", start: 3, stop: 4, padding: false },
    { text: "<pad>", start: 4, stop: 5, padding: true },
  ],
};

function drawable(values: number[], channels = 1): Drawable {
  const map = heatMap({ shape: [channels, 1, values.length / channels], data: Float32Array.from(values) });
  const info = { feature: "text", shape: [], interpolation: "nearest" as const, minimum: 0, maximum: 0 };
  return { info: { maps: [info] }, maps: { text: map } };
}

describe("words", () => {
  it("have the sum of their tokens", () => {
    const words = valuedWords(drawable([0.5, -0.25, 1, -2, 0]), feature)!;
    expect(words.map(({ value }) => value)).toEqual([1.25, -2, 0]);
    expect(largest(words, 2).map(({ text }) => text)).toEqual(["film", "unwatchable"]);
  });

  it("have the sum of a layer's channels", () => {
    const words = valuedWords(drawable([1, 1, 1, 1, 1, 2, 2, 2, 2, 2], 2), feature)!;
    expect(words.map(({ value }) => value)).toEqual([9, 3, 3]);
  });

  it("leave padding out unless it counts", () => {
    expect(feature.words.map(isShown)).toEqual([true, true, false]);
    expect(valuedWords(drawable([0, 0, 0, 0, 1]), feature)!.map(isShown)).toEqual([true, true, true]);
  });

  it("are none without a map", () => {
    expect(valuedWords({ info: { maps: [] }, maps: {} }, feature)).toBeNull();
  });
});
