/** The part of an image that is shown: the same share of every image, whatever its size. */

import type { Point } from "./mass";

/** `x` and `y` are the left and upper border as shares of the whole, of which 1 / `factor` is shown. */
export interface Zoom extends Point {
  readonly factor: number;
}

export const WHOLE: Zoom = { factor: 1, x: 0, y: 0 };
export const MOST_ZOOM = 32;

/** `factor` times as near, with `at`, in shares of the image, staying where it is on screen. */
export function zoomedAt(zoom: Zoom, factor: number, at: Point): Zoom {
  const next = Math.min(Math.max(zoom.factor * factor, 1), MOST_ZOOM);
  const ratio = zoom.factor / next;
  return within({ factor: next, x: at.x - (at.x - zoom.x) * ratio, y: at.y - (at.y - zoom.y) * ratio });
}

export function zoomed(zoom: Zoom, factor: number): Zoom {
  return zoomedAt(zoom, factor, centre(zoom));
}

export function panned(zoom: Zoom, by: Point): Zoom {
  return within({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y });
}

/** Moved as little as will show the pixel of these borders. */
export function revealed(zoom: Zoom, from: Point, to: Point): Zoom {
  const part = 1 / zoom.factor;
  const move = (at: number, low: number, high: number): number => Math.min(Math.max(at, high - part), low);
  return within({ ...zoom, x: move(zoom.x, from.x, to.x), y: move(zoom.y, from.y, to.y) });
}

function centre({ factor, x, y }: Zoom): Point {
  return { x: x + 0.5 / factor, y: y + 0.5 / factor };
}

function within({ factor, x, y }: Zoom): Zoom {
  const most = 1 - 1 / factor;
  return { factor, x: Math.min(Math.max(x, 0), most), y: Math.min(Math.max(y, 0), most) };
}
