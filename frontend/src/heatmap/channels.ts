/** The channels of a layer's map, one by one. */

import { heatMap, type HeatMap } from "./map";
import type { NpyArray } from "./npy";

export interface Channel {
  readonly index: number;
  /** Summed over its places. */
  readonly magnitude: number;
  readonly sum: number;
}

const sizeOf = ({ shape, data }: NpyArray): number => data.length / Math.max(shape[0]!, 1);

/** All channels of a (C, H, W) array, the largest magnitude first, equal ones by number. */
export function rankChannels(array: NpyArray): Channel[] {
  const size = sizeOf(array);
  const channels = Array.from({ length: array.shape[0]! }, (_, index): Channel => {
    let magnitude = 0;
    let sum = 0;
    for (let at = index * size; at < (index + 1) * size; at++) {
      magnitude += Math.abs(array.data[at]!);
      sum += array.data[at]!;
    }
    return { index, magnitude, sum };
  });
  return channels.sort((a, b) => b.magnitude - a.magnitude || a.index - b.index);
}

/** One channel as a map of its own. */
export function channelMap(array: NpyArray, channel: number): HeatMap {
  const size = sizeOf(array);
  return heatMap({ shape: [1, ...array.shape.slice(1)], data: array.data.slice(channel * size, (channel + 1) * size) });
}
