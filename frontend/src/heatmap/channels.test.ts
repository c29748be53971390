import { describe, expect, it } from "vitest";

import { channelMap, rankChannels } from "./channels";
import { heatMap } from "./map";

const array = { shape: [3, 1, 2], data: Float32Array.from([1, -1, -3, 0.5, 0, 2]) };

describe("rankChannels", () => {
  it("puts the largest magnitude first and keeps the sum's sign", () => {
    expect(rankChannels(array)).toEqual([
      { index: 1, magnitude: 3.5, sum: -2.5 },
      { index: 0, magnitude: 2, sum: 0 },
      { index: 2, magnitude: 2, sum: 2 },
    ]);
  });

  it("ranks the units of a vector", () => {
    const units = { shape: [4, 1, 1], data: Float32Array.from([0.1, -5, 2, 0]) };
    expect(rankChannels(units).map(({ index, sum }) => [index, sum])).toEqual([
      [1, -5],
      [2, 2],
      [0, Math.fround(0.1)],
      [3, 0],
    ]);
  });
});

describe("channelMap", () => {
  it("takes one channel out", () => {
    const map = channelMap(array, 1);
    expect([map.width, map.height, map.channels]).toEqual([2, 1, 1]);
    expect([...map.values]).toEqual([-3, 0.5]);
    expect([map.minimum, map.maximum]).toEqual([-3, 0.5]);
  });

  it("adds up to the map of all", () => {
    const sum = [0, 1, 2].map((channel) => channelMap(array, channel).values);
    expect(heatMap(array).values).toEqual(Float32Array.from([0, 1], (place) => sum.reduce((a, v) => a + v[place]!, 0)));
  });
});
