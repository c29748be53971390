/** The colour behind a word or of a bar, and the letters that can be read on it. */

import type { ColourScale, Rgb, Sign } from "../heatmap";

/** How strongly a value is drawn, −1 … 1: only what the sign lets through, and no further than the scale's end. */
export function strength(value: number, sign: Sign, limit: number): number {
  if (!(limit > 0) || !Number.isFinite(value)) return 0;
  const share = Math.max(-1, Math.min(1, value / limit));
  if (sign === "absolute") return Math.abs(share);
  if (sign === "positive") return Math.max(share, 0);
  return sign === "negative" ? Math.min(share, 0) : share;
}

const css = (rgb: Rgb): string => `rgb(${rgb.map(Math.round).join(" ")})`;

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Where black letters are read as well as white ones. */
const MIDDLE = 0.179;

export interface Shade {
  readonly background: string;
  readonly color: string;
}

/** Nothing for 0, so that the page shows through. */
export function shade(scale: ColourScale, share: number, page: Rgb): Shade | null {
  if (share === 0) return null;
  const opacity = Math.abs(share);
  const tint = scale.tint(share);
  const at = (i: 0 | 1 | 2): number => page[i] + (tint[i] - page[i]) * opacity;
  const mixed: Rgb = [at(0), at(1), at(2)];
  return { background: css(mixed), color: luminance(mixed) > MIDDLE ? "#000" : "#fff" };
}

/** The solid colour of a bar. */
export function barColour(scale: ColourScale, value: number): string {
  return scale.signed ? css(scale.tint(Math.sign(value))) : "var(--bar-strong)";
}
