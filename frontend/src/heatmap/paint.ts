/** From values to pixels. Every function fills `out`, one 32-bit RGBA pixel per value; nothing here touches the page. */

import type { Sign } from "./limit";
import { CENTRE, heatTable, overlayTable, pixel, type ColourScale } from "./scales";

/** How values become places in a colour table. */
export interface Normalisation {
  readonly sign: Sign;
  /** The value drawn at the end of the scale; see `colourLimit`. */
  readonly limit: number;
}

/** The normalised value in −1 … 1, as Captum's `_normalize_attr`. */
export function normalise(value: number, { sign, limit }: Normalisation): number {
  if (!(limit > 0)) return 0;
  const scaled = (sign === "absolute" ? Math.abs(value) : value) / limit;
  const low = sign === "positive" ? 0 : -1;
  const high = sign === "negative" ? 0 : 1;
  return Math.min(Math.max(scaled, low), high);
}

/** Table indices of all values: the loop every panel shares. */
function indices(values: Float32Array, { sign, limit }: Normalisation): Uint16Array {
  const out = new Uint16Array(values.length);
  if (!(limit > 0)) return out.fill(CENTRE);
  const factor = CENTRE / limit;
  const low = sign === "positive" ? CENTRE : 0;
  const high = sign === "negative" ? CENTRE : 2 * CENTRE;
  const absolute = sign === "absolute";
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const scaled = (absolute && value < 0 ? -value : value) * factor + CENTRE + 0.5;
    // Compared before the conversion, which wraps round beyond 32 bits.
    out[i] = scaled <= low ? low : scaled >= high + 0.5 ? high : scaled;
  }
  return out;
}

export function paintHeat(values: Float32Array, norm: Normalisation, scale: ColourScale, out: Uint32Array): void {
  const table = heatTable(scale);
  const at = indices(values, norm);
  for (let i = 0; i < at.length; i++) out[i] = table[at[i]!]!;
}

/** The underlay beneath the scale's tint, whose opacity is the magnitude times `opacity`. */
export function paintOverlay(
  values: Float32Array,
  norm: Normalisation,
  scale: ColourScale,
  opacity: number,
  grey: Uint8Array,
  out: Uint32Array,
): void {
  const table = overlayTable(scale, opacity);
  const at = indices(values, norm);
  for (let i = 0; i < at.length; i++) {
    const entry = at[i]! * 4;
    const under = grey[i]! * table[entry + 3]! + 0.5;
    out[i] = pixel((table[entry]! + under) | 0, (table[entry + 1]! + under) | 0, (table[entry + 2]! + under) | 0);
  }
}

/** The image, each pixel as bright as its magnitude. `image` is RGBA. */
export function paintMasked(
  values: Float32Array,
  norm: Normalisation,
  image: Uint8ClampedArray,
  out: Uint32Array,
): void {
  const at = indices(values, norm);
  for (let i = 0, from = 0; i < at.length; i++, from += 4) {
    const magnitude = Math.abs(at[i]! - CENTRE) / CENTRE;
    out[i] = pixel(
      (image[from]! * magnitude + 0.5) | 0,
      (image[from + 1]! * magnitude + 0.5) | 0,
      (image[from + 2]! * magnitude + 0.5) | 0,
    );
  }
}

/** How far the image under an overlay is drawn towards white, so that the colours stand out from it. */
const FADE = 0.45;

/** The grey image under an overlay: the luma (BT.601) of an RGBA image, faded. */
export function underlay(image: Uint8ClampedArray): Uint8Array {
  const grey = new Uint8Array(image.length / 4);
  for (let i = 0, from = 0; i < grey.length; i++, from += 4) {
    const luma = 0.299 * image[from]! + 0.587 * image[from + 1]! + 0.114 * image[from + 2]!;
    grey[i] = luma * (1 - FADE) + 255 * FADE + 0.5;
  }
  return grey;
}

export type BarStyle = "heat" | "overlay" | "masked";

/** A colour bar from `ends[0]` to `ends[1]`, both in −1 … 1; the overlay's fades to nothing, as the overlay does. */
export function paintBar(
  ends: readonly [number, number],
  scale: ColourScale,
  style: BarStyle,
  opacity: number,
  out: Uint32Array,
): void {
  const last = Math.max(out.length - 1, 1);
  for (let i = 0; i < out.length; i++) {
    const value = ends[0] + ((ends[1] - ends[0]) * i) / last;
    const level = Math.round(255 * Math.abs(value));
    if (style === "masked") out[i] = pixel(level, level, level);
    else {
      const [r, g, b] = (style === "heat" ? scale.colour : scale.tint)(value);
      const alpha = style === "heat" ? 255 : Math.round(level * opacity);
      out[i] = ((alpha << 24) | (pixel(Math.round(r), Math.round(g), Math.round(b)) & 0xffffff)) >>> 0;
    }
  }
}
