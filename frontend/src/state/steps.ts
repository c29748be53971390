/** Going through a model's layers one by one. */

import type { LayerDescription } from "../api/types";

/** The next layer that a method can use, in the model's order; null at either end. */
export function layerBeside(layers: readonly LayerDescription[], from: string | null, step: 1 | -1): string | null {
  const start = layers.findIndex(({ name }) => name === from);
  for (let at = start + step; at >= 0 && at < layers.length; at += step) {
    const layer = layers[at];
    if (layer?.selectable) return layer.name;
  }
  return null;
}

const QUICK_SECONDS = 1;

/** Whether maps come soon enough to be fetched unasked: stored already, or within a second each. */
export function isQuick(seconds: number | null, stored: number, total: number): boolean {
  if (total === 0) return false;
  return stored === total || (seconds !== null && seconds <= QUICK_SECONDS * (total - stored));
}
