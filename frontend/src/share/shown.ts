/** What the page shows, as exports take it: no query, no component, nothing that must be asked for. */

import type { ResultInfo } from "../api/types";
import type { HeatMap, Interpolation, Picture, Sign } from "../heatmap";
import type { Display } from "../state/page";

export interface ShownGrid {
  /** "Scenes" */
  readonly title: string;
  /** What most of it is: method and arguments. */
  readonly subtitle: string;
  readonly rows: readonly ShownRow[];
  readonly display: Display;
}

export interface ShownRow {
  readonly sample: number;
  /** "#3" */
  readonly number: string;
  readonly label: string | null;
  readonly images: readonly ShownImage[];
  readonly cells: readonly ShownCell[];
}

/** One of the sample's inputs. */
export interface ShownImage {
  readonly feature: string;
  readonly file: Uint8Array<ArrayBuffer>;
  readonly picture: Picture;
  /** The border of the true evidence as an SVG path, where the reader has it shown. */
  readonly outline: string | null;
}

export interface ShownCell {
  /** What sets the column apart; empty where there is one only. */
  readonly title: string;
  /** What it explains, how it was made, how far it adds up: one line each. */
  readonly captions: readonly string[];
  /** How the method's maps are drawn unless the reader chose otherwise. */
  readonly sign: Sign;
  /** Maps of one group may share a scale. */
  readonly group: string;
  readonly info: ResultInfo;
  readonly maps: readonly ShownMap[];
}

export interface ShownMap {
  readonly feature: string;
  readonly interpolation: Interpolation;
  readonly map: Pick<HeatMap, "width" | "height" | "values">;
}
