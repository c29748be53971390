/** Enlarges a map to the size of its image. */

import type { HeatMap } from "./map";

export type Interpolation = "nearest" | "bilinear";

export function enlarge(
  map: Pick<HeatMap, "width" | "height" | "values">,
  width: number,
  height: number,
  interpolation: Interpolation,
): Float32Array {
  if (map.width === width && map.height === height) return map.values;
  return interpolation === "bilinear"
    ? bilinear(map.values, map.width, map.height, width, height)
    : nearest(map.values, map.width, map.height, width, height);
}

export function nearest(source: Float32Array, w: number, h: number, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  const columns = Int32Array.from({ length: width }, (_, x) => Math.floor((x * w) / width));
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor((y * h) / height) * w;
    for (let x = 0; x < width; x++, at++) out[at] = source[row + columns[x]!]!;
  }
  return out;
}

/** With pixel centres at half coordinates and the border held, as torch's `interpolate(align_corners=False)`. */
export function bilinear(source: Float32Array, w: number, h: number, width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  const xs = axis(w, width);
  const ys = axis(h, height);
  for (let y = 0, at = 0; y < height; y++) {
    const top = ys.low[y]! * w;
    const bottom = ys.high[y]! * w;
    const fy = ys.fraction[y]!;
    for (let x = 0; x < width; x++, at++) {
      const left = xs.low[x]!;
      const right = xs.high[x]!;
      const fx = xs.fraction[x]!;
      const upper = source[top + left]! * (1 - fx) + source[top + right]! * fx;
      const lower = source[bottom + left]! * (1 - fx) + source[bottom + right]! * fx;
      out[at] = upper * (1 - fy) + lower * fy;
    }
  }
  return out;
}

function axis(from: number, to: number): { low: Int32Array; high: Int32Array; fraction: Float64Array } {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const fraction = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const position = Math.max(((i + 0.5) * from) / to - 0.5, 0);
    low[i] = Math.min(Math.floor(position), from - 1);
    high[i] = Math.min(low[i]! + 1, from - 1);
    fraction[i] = position - low[i]!;
  }
  return { low, high, fraction };
}
