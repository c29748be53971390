/** The panels of a map with all that drawing them takes: the same for pictures and for the saved page. */

import {
  barEnds,
  colourLimit,
  colourScale,
  enlarge,
  paintStyle,
  panelSign,
  panelStyle,
  type BarStyle,
  type ColourScale,
  type Interpolation,
  type MapPanel,
  type Picture,
  type Sign,
} from "../heatmap";
import { valueLines } from "../features/table/rows";
import { valueWords } from "../features/text/words";
import type { Display, PanelId } from "../state/page";
import type { ShownImage, ShownInput } from "./shown";

export interface Panel {
  readonly panel: PanelId;
  readonly width: number;
  readonly height: number;
  readonly paint: (out: Uint32Array) => void;
  /** Null for the original, which has no colours of its own. */
  readonly bar: Bar | null;
}

export interface Bar {
  readonly scale: ColourScale;
  readonly style: BarStyle;
  readonly opacity: number;
  readonly low: number;
  readonly high: number;
  readonly limit: number;
}

/** A map, and how its method is drawn. */
export interface Subject {
  readonly map: { readonly width: number; readonly height: number; readonly values: Float32Array };
  readonly interpolation: Interpolation;
  readonly sign: Sign;
}

const enlarged = new WeakMap<Float32Array, Float32Array>();

/** The map in its input's size. */
export function drawnAt({ map, interpolation }: Subject, { width, height }: Size): Float32Array {
  let values = enlarged.get(map.values);
  if (!values) enlarged.set(map.values, (values = enlarge(map, width, height, interpolation)));
  return values;
}

export const signFor = ({ sign }: Display, own: Sign): Sign => (sign === "auto" ? own : sign);

interface Size {
  readonly width: number;
  readonly height: number;
}

export const sizeOf = (input: ShownInput): Size =>
  input.kind === "image" ? input.picture : { width: input.width, height: 1 };

/** What is drawn in colours: pixels, words, or lines. */
function places(subject: Subject, input: ShownInput): Float32Array {
  const values = drawnAt(subject, sizeOf(input));
  if (input.kind === "image") return values;
  if (input.kind === "text") return Float32Array.from(valueWords(values, input.words), ({ value }) => value);
  return Float32Array.from(valueLines(values, input.rows), ({ attribution }) => attribution);
}

export function ownLimit(subject: Subject, input: ShownInput, display: Display): number {
  return colourLimit(places(subject, input), signFor(display, subject.sign), display.outlier);
}

export function original({ width, height, rgba }: Picture): Panel {
  return {
    panel: "original",
    width,
    height,
    paint: (out) => out.set(new Uint32Array(rgba.buffer, rgba.byteOffset, width * height)),
    bar: null,
  };
}

/** `limit` ends the colours where maps share a scale; by default the map's own. */
export function mapPanel(
  panel: MapPanel,
  subject: Subject,
  { picture }: ShownImage,
  display: Display,
  limit = colourLimit(drawnAt(subject, picture), signFor(display, subject.sign), display.outlier),
): Panel {
  const { width, height } = picture;
  const values = drawnAt(subject, picture);
  const sign = panelSign(panel, signFor(display, subject.sign));
  const style = panelStyle(panel);
  const scale = colourScale(display.scale);
  const opacity = style === "overlay" ? display.opacity : 1;
  const [low, high] = barEnds(scale, sign, limit, style);
  return {
    panel,
    width,
    height,
    paint: (out) => paintStyle(style, values, { sign, limit }, scale, opacity, picture, out),
    bar: { scale, style, opacity, low, high, limit },
  };
}

/** The bar of words and lines, which are never see-through. */
export function markBar(sign: Sign, limit: number, display: Display): Bar {
  const scale = colourScale(display.scale);
  const [low, high] = barEnds(scale, sign, limit, "overlay");
  return { scale, style: "overlay", opacity: 1, low, high, limit };
}

export function mapPanels(display: Display): MapPanel[] {
  return display.panels.filter((panel): panel is MapPanel => panel !== "original");
}

/** The largest of the limits that the maps of each group would choose for themselves. */
export function sharedLimits(
  all: readonly { readonly group: string; readonly subject: Subject; readonly input: ShownInput }[],
  display: Display,
): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { group, subject, input } of all)
    limits.set(group, Math.max(limits.get(group) ?? 0, ownLimit(subject, input, display)));
  return limits;
}
