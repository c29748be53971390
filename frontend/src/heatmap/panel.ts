/** What each panel makes of a map: which values it shows, how it paints them, where its colour bar ends. */

import type { Sign } from "./limit";
import { paintHeat, paintMasked, paintOverlay, type BarStyle, type Normalisation } from "./paint";
import type { ColourScale } from "./scales";

export type MapPanel = "overlay" | "heat" | "positive" | "negative" | "masked";

/** The image that a map lies over. */
export interface Underlying {
  readonly rgba: Uint8ClampedArray;
  /** See `underlay`. */
  readonly grey: Uint8Array;
}

export const panelStyle = (panel: MapPanel): BarStyle => (panel === "overlay" || panel === "masked" ? panel : "heat");

export const panelSign = (panel: MapPanel, sign: Sign): Sign =>
  panel === "positive" || panel === "negative" ? panel : sign;

/** Paints nothing where the style needs an image and there is none. */
export function paintStyle(
  style: BarStyle,
  values: Float32Array,
  norm: Normalisation,
  scale: ColourScale,
  opacity: number,
  image: Underlying | null,
  out: Uint32Array,
): void {
  if (style === "heat") paintHeat(values, norm, scale, out);
  else if (image && style === "overlay") paintOverlay(values, norm, scale, opacity, image.grey, out);
  else if (image) paintMasked(values, norm, image.rgba, out);
}

/** The values at the ends of a panel's colour bar. */
export function barEnds(scale: ColourScale, sign: Sign, limit: number, style: BarStyle): readonly [number, number] {
  const folded = sign === "absolute" || (sign === "all" && (!scale.signed || style === "masked"));
  return [folded || sign === "positive" ? 0 : -limit, sign === "negative" ? 0 : limit];
}
