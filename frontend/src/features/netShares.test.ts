import { describe, expect, it } from "vitest";

import { heatMap } from "../heatmap";
import { contributions } from "./netShares";

const map = (...values: number[]) => heatMap({ shape: [1, 1, values.length], data: Float32Array.from(values) });

describe("contributions", () => {
  it("are the sums of each input's attributions", () => {
    const found = contributions({ image: map(1, 1, 1), question: map(2, -3), none: map(0) }, ["image", "question"]);
    expect(found).toEqual([
      { name: "image", sum: 3, share: 0.75 },
      { name: "question", sum: -1, share: 0.25 },
    ]);
  });

  it("leave out what has no map, and share nothing out of nothing", () => {
    expect(contributions({ image: map(0, 0) }, ["image", "question"])).toEqual([{ name: "image", sum: 0, share: 0 }]);
  });
});
