/** Which pixels of an image are to be filled, and how they are drawn: pure, a new mask each time. */

import type { Point } from "./mass";

export interface Mask {
  readonly width: number;
  readonly height: number;
  /** 1 for a pixel that is filled, row after row. */
  readonly data: Uint8Array;
}

/** A whole number of pixels; `x` and `y` of its upper left one. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function emptyMask(width: number, height: number): Mask {
  return { width, height, data: new Uint8Array(width * height) };
}

export function countPixels({ data }: Mask): number {
  return data.reduce((sum, value) => sum + value, 0);
}

/** The box from one pixel to another, both included, as far as it lies in the image. */
export function boxBetween(from: Point, to: Point, { width, height }: Mask): Box {
  const clip = (value: number, size: number): number => Math.min(Math.max(Math.floor(value), 0), size - 1);
  const [x1, x2] = [clip(from.x, width), clip(to.x, width)];
  const [y1, y2] = [clip(from.y, height), clip(to.y, height)];
  return {
    x: Math.min(x1, x2),
    y: Math.min(y1, y2),
    width: Math.abs(x2 - x1) + 1,
    height: Math.abs(y2 - y1) + 1,
  };
}

export function withBox(mask: Mask, box: Box): Mask {
  const data = mask.data.slice();
  const right = Math.min(box.x + box.width, mask.width);
  const bottom = Math.min(box.y + box.height, mask.height);
  for (let y = Math.max(box.y, 0); y < bottom; y++)
    data.fill(1, y * mask.width + Math.max(box.x, 0), y * mask.width + Math.max(right, 0));
  return { ...mask, data };
}

/** A round brush drawn from one point to another; at the least the pixel under each end. */
export function withStroke(mask: Mask, from: Point, to: Point, diameter: number): Mask {
  const data = mask.data.slice();
  const { width, height } = mask;
  const radius = diameter / 2;
  const rows = spanOf(from.y, to.y, radius, height);
  const columns = spanOf(from.x, to.x, radius, width);
  for (let y = rows[0]; y <= rows[1]; y++)
    for (let x = columns[0]; x <= columns[1]; x++)
      if (distanceToSegment({ x: x + 0.5, y: y + 0.5 }, from, to) <= radius) data[y * width + x] = 1;
  for (const { x, y } of [from, to])
    if (x >= 0 && y >= 0 && x < width && y < height) data[Math.floor(y) * width + Math.floor(x)] = 1;
  return { ...mask, data };
}

function spanOf(a: number, b: number, radius: number, size: number): readonly [number, number] {
  return [Math.max(Math.floor(Math.min(a, b) - radius), 0), Math.min(Math.ceil(Math.max(a, b) + radius), size - 1)];
}

function distanceToSegment(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(point.x - from.x - t * dx, point.y - from.y - t * dy);
}

/** Moves a box within the image, or makes it larger or smaller from its upper left corner. */
export function nudgeBox(box: Box, dx: number, dy: number, resize: boolean, { width, height }: Mask): Box {
  const clip = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
  if (resize)
    return {
      ...box,
      width: clip(box.width + dx, 1, width - box.x),
      height: clip(box.height + dy, 1, height - box.y),
    };
  return { ...box, x: clip(box.x + dx, 0, width - box.width), y: clip(box.y + dy, 0, height - box.height) };
}

/** A bit a pixel, the highest first, in base64: what the server reads. */
export function encodeMask({ data }: Mask): string {
  const bytes = new Uint8Array(Math.ceil(data.length / 8));
  data.forEach((value, i) => {
    if (value !== 0) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (0x80 >> (i & 7));
  });
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
