/** What the page shows, as exports take it: no query, no component, nothing that must be asked for. */

import type { ResultInfo } from "../api/types";
import type { Contribution } from "../features/netShares";
import type { Line } from "../features/table/rows";
import type { Word } from "../features/text/words";
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
  readonly inputs: readonly ShownInput[];
  readonly cells: readonly ShownCell[];
}

/** One of the sample's inputs. */
export type ShownInput = ShownImage | ShownText | ShownTable;

export interface ShownImage {
  readonly kind: "image";
  readonly feature: string;
  readonly file: Uint8Array<ArrayBuffer>;
  readonly picture: Picture;
  /** The border of the true evidence as an SVG path, where the reader has it shown. */
  readonly outline: string | null;
}

interface ShownPlaces {
  readonly feature: string;
  readonly width: number;
  /** By token or column, what truly decides; none where the reader has it not shown. */
  readonly decides: readonly boolean[];
}

export interface ShownText extends ShownPlaces {
  readonly kind: "text";
  readonly words: readonly Word[];
}

export interface ShownTable extends ShownPlaces {
  readonly kind: "table";
  readonly rows: readonly Line[];
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
  /** What each of several inputs adds. */
  readonly shares: readonly Contribution[];
}

export interface ShownMap {
  readonly feature: string;
  readonly interpolation: Interpolation;
  readonly map: Pick<HeatMap, "width" | "height" | "values">;
}
