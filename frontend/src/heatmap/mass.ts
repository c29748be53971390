/** How much of a map's magnitude lies where. Values that are not finite count as nothing. */

import type { Sign } from "./limit";

export interface Mass {
  /** Sum of what is above 0. */
  readonly positive: number;
  /** Magnitude of the sum of what is below 0. */
  readonly negative: number;
}

export function massOf(values: Float32Array): Mass {
  let positive = 0;
  let negative = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value > 0) positive += value;
    else negative -= value;
  }
  return { positive, negative };
}

/** Whole pixels: `right` and `bottom` are the first ones outside. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface RegionShares {
  /** Of the magnitude. */
  readonly absolute: number;
  /** Of the sum, which parts of different sign may exceed; null where the sum is nothing beside the magnitude. */
  readonly signed: number | null;
  /** Of the pixels. */
  readonly area: number;
}

/** A sum that is smaller than this share of the magnitude is what rounding left. */
const NO_SUM = 1e-6;

export function regionShares(
  values: Float32Array,
  width: number,
  isInside: (x: number, y: number) => boolean,
): RegionShares {
  const inside = { magnitude: 0, sum: 0, pixels: 0 };
  const all = { magnitude: 0, sum: 0 };
  for (let i = 0; i < values.length; i++) {
    const value = Number.isFinite(values[i]) ? values[i]! : 0;
    all.magnitude += Math.abs(value);
    all.sum += value;
    if (!isInside(i % width, Math.floor(i / width))) continue;
    inside.magnitude += Math.abs(value);
    inside.sum += value;
    inside.pixels++;
  }
  return {
    absolute: all.magnitude > 0 ? inside.magnitude / all.magnitude : 0,
    signed: Math.abs(all.sum) > NO_SUM * all.magnitude ? inside.sum / all.sum : null,
    area: inside.pixels / values.length,
  };
}

export function rectangleShares(values: Float32Array, width: number, rectangle: Rectangle): RegionShares {
  const { left, top, right, bottom } = rectangle;
  return regionShares(values, width, (x, y) => x >= left && x < right && y >= top && y < bottom);
}

/** The rectangle of two pixels, both of them in it. */
export function spanned(a: Point, b: Point): Rectangle {
  return {
    left: Math.min(a.x, b.x),
    top: Math.min(a.y, b.y),
    right: Math.max(a.x, b.x) + 1,
    bottom: Math.max(a.y, b.y) + 1,
  };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Row by row from the upper left. */
export const NINTHS = 9;

export interface Distribution {
  /** Of the magnitude that the sign lets count, by ninth of the image; all 0 where there is none. */
  readonly shares: readonly number[];
  readonly total: number;
}

/** How a map's magnitude is spread over the ninths of its image. */
export function distribution(values: Float32Array, width: number, height: number, sign: Sign): Distribution {
  const sums = new Float64Array(NINTHS);
  const columns = Uint8Array.from({ length: width }, (_, x) => third(x, width));
  for (let y = 0, at = 0; y < height; y++) {
    const row = 3 * third(y, height);
    for (let x = 0; x < width; x++, at++) {
      const value = values[at]!;
      if (!Number.isFinite(value) || (sign === "positive" && value < 0) || (sign === "negative" && value > 0)) continue;
      sums[row + columns[x]!]! += Math.abs(value);
    }
  }
  const total = sums.reduce((a, b) => a + b, 0);
  return { shares: Array.from(sums, (sum) => (total > 0 ? sum / total : 0)), total };
}

const third = (place: number, length: number): number => Math.floor((3 * (place + 0.5)) / length);

/** The share of values whose magnitude is smaller. */
export function magnitudeRank(values: Float32Array, value: number): number {
  const magnitude = Math.abs(value);
  let smaller = 0;
  for (const other of values) if (Math.abs(other) < magnitude) smaller++;
  return values.length > 0 ? smaller / values.length : 0;
}
