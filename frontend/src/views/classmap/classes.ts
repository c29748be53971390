/** The class of each place of an output that is a map, as numbers and as colours. */

import type { Region } from "../../api/types";
import type { NpyArray } from "../../heatmap";

/** Ten hues that are told apart beside each other, the ground's among them; further classes begin again. */
const PALETTE: readonly (readonly [red: number, green: number, blue: number])[] = [
  [122, 122, 132],
  [225, 87, 89],
  [78, 121, 167],
  [89, 161, 79],
  [242, 142, 43],
  [118, 80, 180],
  [237, 201, 72],
  [23, 162, 170],
  [214, 110, 170],
  [156, 117, 95],
];
const OPACITY = 150;

export function colourOf(index: number): readonly [red: number, green: number, blue: number] {
  return PALETTE[index % PALETTE.length] ?? [0, 0, 0];
}

/** Each place in the colour of its class. */
export function paintClasses({ data }: NpyArray, out: Uint32Array): void {
  const bytes = new Uint8ClampedArray(out.buffer, out.byteOffset, out.byteLength);
  data.forEach((index, at) => bytes.set([...colourOf(index), OPACITY], 4 * at));
}

/** The class that most places of the region have; of several the first. */
export function classIn({ data, shape }: NpyArray, { left, top, right, bottom }: Region): number {
  const width = shape[1] ?? 0;
  const counts = new Map<number, number>();
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const index = data[y * width + x] ?? 0;
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}

/** The classes that there are, the fullest first. */
export function classesIn({ data }: NpyArray): number[] {
  const counts = new Map<number, number>();
  data.forEach((index) => counts.set(index, (counts.get(index) ?? 0) + 1));
  return [...counts].sort((a, b) => b[1] - a[1]).map(([index]) => index);
}
