/** One attribution map as the page draws it: channels summed, and what is true of its values. */

import type { Point } from "./mass";
import { NpyError, type NpyArray } from "./npy";

export interface HeatMap {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Row by row, summed over channels. */
  readonly values: Float32Array;
  readonly minimum: number;
  readonly maximum: number;
  /** How many values are NaN or infinite. */
  readonly nonFinite: number;
  /** The numbers themselves where the map is a vector: its units have no place in the image. */
  readonly units?: Float32Array;
}

/** Sums the channels of a (C, H, W) or (H, W) array. */
export function heatMap({ shape, data }: NpyArray): HeatMap {
  if (shape.length !== 2 && shape.length !== 3)
    throw new NpyError(`A map has 2 or 3 dimensions; this array has ${shape.length}.`);
  const [channels, height, width] =
    shape.length === 3 ? (shape as [number, number, number]) : [1, shape[0]!, shape[1]!];
  const size = height * width;
  const values = new Float32Array(size);
  let minimum = Infinity;
  let maximum = -Infinity;
  let nonFinite = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let at = i; at < channels * size; at += size) sum += data[at]!;
    values[i] = sum;
    if (!Number.isFinite(sum)) nonFinite++;
    else {
      if (sum < minimum) minimum = sum;
      if (sum > maximum) maximum = sum;
    }
  }
  const units = size === 1 && channels > 1 ? { units: Float32Array.from(data) } : {};
  return { width, height, channels, values, minimum, maximum, nonFinite, ...units };
}

export function isAllZero(map: HeatMap): boolean {
  if (map.units) return map.units.every((value) => value === 0);
  return map.nonFinite === 0 && map.minimum === 0 && map.maximum === 0;
}

/** The place of a map that a pixel of its image belongs to. */
export function cellAt(
  map: Pick<HeatMap, "width" | "height">,
  { x, y }: Point,
  image: { readonly width: number; readonly height: number },
): Point {
  return { x: Math.floor((x * map.width) / image.width), y: Math.floor((y * map.height) / image.height) };
}
