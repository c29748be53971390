/** Colour scales as lookup tables over −1 … 1. Red raises and blue lowers unless the scale says otherwise. */

import {
  interpolateGreys,
  interpolateInferno,
  interpolateRdBu,
  interpolateViridis,
  schemeRdBu,
} from "d3-scale-chromatic";

export type Rgb = readonly [number, number, number];

export interface ColourScale {
  readonly id: ScaleId;
  /** Whether raising and lowering look different; otherwise only magnitude is shown. */
  readonly signed: boolean;
  /** The colour of a value in −1 … 1 on the heat map. */
  readonly colour: (value: number) => Rgb;
  /** The colour laid over the image, whose opacity shows the magnitude. */
  readonly tint: (value: number) => Rgb;
}

export const SCALE_IDS = ["red-blue", "green-red", "blue-red", "white-black", "viridis", "inferno", "cividis"] as const;
export type ScaleId = (typeof SCALE_IDS)[number];

const WHITE: Rgb = [255, 255, 255];

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const at = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2)];
}

function parse(colour: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(colour);
  const parts = hex ? hex.slice(1).map((part) => parseInt(part, 16)) : (colour.match(/[\d.]+/g) ?? []).map(Number);
  return [parts[0]!, parts[1]!, parts[2]!];
}

function diverging(id: ScaleId, raises: Rgb, lowers: Rgb): ColourScale {
  return {
    id,
    signed: true,
    colour: (value) => mix(WHITE, value < 0 ? lowers : raises, Math.abs(value)),
    tint: (value) => (value < 0 ? lowers : raises),
  };
}

function sequential(id: ScaleId, interpolate: (t: number) => string): ColourScale {
  const colour = (value: number): Rgb => parse(interpolate(Math.abs(value)));
  return { id, signed: false, colour, tint: colour };
}

/** A scale of `STEPS` colours, straight from each to the next. */
function stepped(id: ScaleId, interpolate: (t: number) => string): ColourScale {
  const steps = Array.from({ length: STEPS }, (_, k) => parse(interpolate((k + 0.5) / STEPS)));
  const colour = (value: number): Rgb => {
    const place = Math.abs(value) * (STEPS - 1);
    const k = Math.min(Math.floor(place), STEPS - 2);
    return mix(steps[k]!, steps[k + 1]!, place - k);
  };
  return { id, signed: false, colour, tint: colour };
}

const STEPS = 256;

/**
 * Cividis (Nuñez, Anderton and Renslow, 2018) by the steps of 0 … 255 between which it runs straight, to half a level.
 * d3's polynomial is up to 18 levels off.
 */
const CIVIDIS =
  "0:00224e 12:002b62 19:00306f 22:003171 23:013271 27:0f3570 30:163770 35:203a6f 47:31436d 64:434e6c 82:555b6d 110:6d6f72 127:7c7b78 138:868379 167:a29975 193:bdae6c 215:d4c15f 232:e7d150 244:f5dc41 250:fce236 251:fde334 252:fee434 254:fee636 255:fee838"
    .split(" ")
    .map((knot) => {
      const [step, colour] = knot.split(":") as [string, string];
      return { at: Number(step) / (STEPS - 1), colour: parse(`#${colour}`) };
    });

function cividis(value: number): Rgb {
  const place = Math.abs(value);
  const next = Math.max(
    CIVIDIS.findIndex(({ at }) => at >= place),
    1,
  );
  const [from, to] = [CIVIDIS[next - 1]!, CIVIDIS[next]!];
  return mix(from.colour, to.colour, (place - from.at) / (to.at - from.at));
}

/** `interpolateRdBu(0.5)` without its rounding: the middle of a B-spline. */
const MIDDLE = ((): Rgb => {
  const [before, middle, after] = [4, 5, 6].map((i) => parse(schemeRdBu[11]![i]!)) as [Rgb, Rgb, Rgb];
  const at = (i: 0 | 1 | 2): number => (before[i] + 4 * middle[i] + after[i]) / 6;
  return [at(0), at(1), at(2)];
})();

/** ColorBrewer's RdBu with its grey middle lifted to white, and the less the further out, so that nothing is white. */
function redBlue(value: number): Rgb {
  const colour = parse(interpolateRdBu((1 - value) / 2));
  const lift = 1 - Math.abs(value);
  const at = (i: 0 | 1 | 2): number => Math.min(colour[i] + (255 - MIDDLE[i]) * lift, 255);
  return [at(0), at(1), at(2)];
}

const SCALES: readonly ColourScale[] = [
  {
    id: "red-blue",
    signed: true,
    colour: redBlue,
    // The ends of RdBu are nearly black; over a grey image the strongest *hues* read better.
    tint: (value) => (value < 0 ? [24, 104, 214] : [222, 32, 48]),
  },
  diverging("green-red", [0, 128, 0], [255, 0, 0]),
  diverging("blue-red", [11, 87, 208], [224, 48, 30]),
  sequential("white-black", interpolateGreys),
  stepped("viridis", interpolateViridis),
  stepped("inferno", interpolateInferno),
  { id: "cividis", signed: false, colour: cividis, tint: cividis },
];

export function colourScale(id: ScaleId): ColourScale {
  return SCALES.find((scale) => scale.id === id)!;
}

/** Half the table's length: index `CENTRE + round(value · CENTRE)` holds the colour of `value`. */
export const CENTRE = 4096;
const ENTRIES = 2 * CENTRE + 1;

/** Opaque colours as 32-bit pixels of an ImageData buffer (little-endian, as every browser's platform is). */
export function heatTable(scale: ColourScale): Uint32Array {
  return remember(heatTables, scale.id, () => {
    const table = new Uint32Array(ENTRIES);
    for (let i = 0; i < ENTRIES; i++) {
      const [r, g, b] = scale.colour(i / CENTRE - 1);
      table[i] = pixel(Math.round(r), Math.round(g), Math.round(b));
    }
    return table;
  });
}

/** Per entry: red, green and blue premultiplied by the opacity, then what is left of the image. */
export function overlayTable(scale: ColourScale, opacity: number): Float32Array {
  return remember(overlayTables, `${scale.id} ${opacity}`, () => {
    const table = new Float32Array(ENTRIES * 4);
    for (let i = 0; i < ENTRIES; i++) {
      const value = i / CENTRE - 1;
      const alpha = Math.abs(value) * opacity;
      const [r, g, b] = scale.tint(value);
      table.set([r * alpha, g * alpha, b * alpha, 1 - alpha], i * 4);
    }
    return table;
  });
}

export function pixel(r: number, g: number, b: number): number {
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

const heatTables = new Map<string, Uint32Array>();
const overlayTables = new Map<string, Float32Array>();
const REMEMBERED = 32;

function remember<T>(tables: Map<string, T>, key: string, make: () => T): T {
  let table = tables.get(key);
  if (!table) {
    if (tables.size >= REMEMBERED) tables.clear();
    tables.set(key, (table = make()));
  }
  return table;
}
