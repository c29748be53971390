/** What is to be seen in a map, in words: where its mass lies, and what its colours say. */

import type { Description } from "../api/types";
import {
  colourScale,
  distribution,
  formatValue,
  rankChannels,
  type HeatMap,
  type ScaleId,
  type Sign,
} from "../heatmap";
import type { Place } from "../features/types";
import type { PanelId } from "../state/page";
import type { Text } from "./en";
import { targetName, type Making } from "./describe";

/** Below this share, the fullest ninth is not worth naming. An even map has a ninth in each. */
const NOTABLE = 0.2;
/** Of which the second fullest is named, too. */
const ALSO = 0.15;
const NAMED_UNITS = 3;

const percent = (share: number): number => Math.round(100 * share);
const fullest = (shares: readonly number[]): number => shares.indexOf(Math.max(...shares));

/** "62 % of the attribution lies in the centre ninth of the image, 21 % in the upper left; …" */
export function describeMass(text: Text, values: Float32Array, width: number, height: number, sign: Sign): string {
  const words = text.mapText;
  const { shares, total } = distribution(values, width, height, sign);
  if (total === 0) return words.nothing + words.end;
  const kind = words.kinds[sign === "absolute" ? "all" : sign];
  const first = fullest(shares);
  const share = shares[first] ?? 0;
  const where = (ninth: number): string => words.ninths[ninth] ?? "";
  const rest = shares.map((other, ninth) => (ninth === first ? 0 : other));
  const second = fullest(rest);
  const most =
    share < NOTABLE
      ? words.spread(kind, percent(share))
      : words.lies(percent(share), kind, where(first)) +
        ((rest[second] ?? 0) >= ALSO ? words.then(percent(rest[second] ?? 0), where(second)) : "");
  return most + (sign === "all" ? describeSigns(text, values, width, height) : "") + words.end;
}

function describeSigns(text: Text, values: Float32Array, width: number, height: number): string {
  const words = text.mapText;
  const positive = distribution(values, width, height, "positive");
  const negative = distribution(values, width, height, "negative");
  if (negative.total === 0) return words.onlyPositive;
  if (positive.total === 0) return words.onlyNegative;
  const where = ({ shares }: typeof positive): string => words.ninths[fullest(shares)] ?? "";
  return words.signs(where(positive), where(negative));
}

/** "128 units; the largest: unit 17 with 0.62, …" */
export function describeUnits(text: Text, units: Float32Array): string {
  const words = text.mapText;
  const largest = rankChannels({ shape: [units.length, 1, 1], data: units }).slice(0, NAMED_UNITS);
  const names = largest.map(({ index, sum }) => words.unit(index, formatValue(sum)));
  return words.units(units.length, names.join(", ")) + words.end;
}

export interface Shown {
  readonly panel: Exclude<PanelId, "original">;
  readonly scale: ScaleId;
  /** How the panel's values are drawn. */
  readonly sign: Sign;
  readonly map: Pick<HeatMap, "minimum" | "maximum">;
  /** What has a value; pixels by default. */
  readonly place?: Place;
}

/** One sentence that says what the colours of a panel mean: "Red pixels raised the score for 'cat', …" */
export function describeColours(text: Text, making: Making, description: Description, shown: Shown): string {
  const words = text.mapText;
  const method = description.methods.find(({ id }) => id === making.method);
  const coarse = method?.space === "layer" || method?.family === "cam";
  const place = shown.place ?? "pixel";
  const kind = coarse && place === "pixel" ? "area" : place;
  const sign = shown.panel === "positive" || shown.panel === "negative" ? shown.panel : shown.sign;
  const hues = shown.panel === "masked" ? undefined : words.colours[shown.scale];
  const signed = hues !== undefined && colourScale(shown.scale).signed;
  const more = shown.panel === "masked" ? words.brighter : words.more[shown.scale];
  const layer = making.layer ?? "";
  const { unit } = making.arguments;
  if (method && !method.takes_target && typeof unit !== "number")
    return signed && sign === "all" ? words.values(layer, ...hues) : words.magnitudes(layer, more);

  const score =
    method && !method.takes_target && typeof unit === "number"
      ? words.unitScore(unit, layer)
      : words.score(targetName(text, making));
  const one = words.onePlace[kind];
  if (!signed || sign === "absolute") {
    const how = sign === "positive" ? "raised" : sign === "negative" ? "lowered" : "mattered";
    return words.strength[how](more, one, score);
  }
  const [raises, lowers] = hues;
  const places = words.places[kind];
  if (sign === "positive") return words.shownRaised(raises, places, score);
  if (sign === "negative") return words.shownLowered(lowers, places, score);
  if (shown.map.minimum >= 0) return words.onlyRaised(raises, places, score);
  if (shown.map.maximum <= 0) return words.onlyLowered(lowers, places, score);
  return words.raisedLowered(raises, lowers, places, score);
}
