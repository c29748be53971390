/** The lines of a table's row and what a map says of each. */

import type { FeatureOf } from "../../api/types";
import { formatValue, type Sign } from "../../heatmap";
import { drawnValues } from "../image/drawn";
import type { Drawable } from "../types";

export type TableFeature = FeatureOf<"table">;
export type Line = TableFeature["rows"][number];

export interface ValuedLine extends Line {
  /** The sum over its places. */
  readonly attribution: number;
}

const valued = new WeakMap<Float32Array, readonly ValuedLine[]>();

/** The largest magnitude first, equal ones in the table's order; null where the map of the row is missing. */
export function valuedLines(result: Drawable, feature: TableFeature): readonly ValuedLine[] | null {
  const values = drawnValues(result, feature);
  if (!values) return null;
  let lines = valued.get(values);
  if (!lines) valued.set(values, (lines = valueLines(values, feature.rows)));
  return lines;
}

export function valueLines(values: Float32Array, rows: readonly Line[]): ValuedLine[] {
  return rows
    .map((line) => ({ ...line, attribution: line.places.reduce((sum, at) => sum + (values[at] ?? 0), 0) }))
    .sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));
}

/** "161 cm" */
export function valueOf({ value, unit }: Line): string {
  const shown = typeof value === "number" ? formatValue(value, 4) : value;
  return unit === null ? shown : `${shown} ${unit}`;
}

/** Those that the sign lets through. */
export function linesOf(lines: readonly ValuedLine[], sign: Sign): readonly ValuedLine[] {
  if (sign === "positive") return lines.filter(({ attribution }) => attribution > 0);
  return sign === "negative" ? lines.filter(({ attribution }) => attribution < 0) : lines;
}
