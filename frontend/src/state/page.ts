/** What is asked and shown. Everything here is in the URL; `undefined` and `null` leave it to the defaults. */

import type { Smoothing, TargetChoice } from "../api/types";
import { SCALE_IDS, SIGNS, type ScaleId, type Sign } from "../heatmap";
import type { BaselineChoice } from "./baselines";
import { GRID, type View } from "./view";

export const PANELS = ["original", "overlay", "heat", "positive", "negative", "masked"] as const;
export type PanelId = (typeof PANELS)[number];

export const ORDERS = ["dataset", "mistakes", "uncertain"] as const;
export type Order = (typeof ORDERS)[number];

export const SIZES = ["small", "medium", "large"] as const;
export type TileSize = (typeof SIZES)[number];

export const SIGN_CHOICES = ["auto", ...SIGNS] as const;
export type SignChoice = "auto" | Sign;

export type Scalar = string | number | boolean;
export type Arguments = Readonly<Record<string, Scalar>>;

/** One sample of one model that is explained for another class than the rest. */
export interface Retarget {
  readonly sample: number;
  readonly model: string;
  readonly target: TargetChoice;
}

/** What one column of the grid shows. */
export interface ColumnAsk {
  /** Stays the column's own whatever else is changed: maps are fetched for it. */
  readonly id: number;
  /** Null: one column for each of the explorer's models. */
  readonly model: string | null;
  readonly method: string | null;
  /** By method, so that going back to one finds its arguments as they were. */
  readonly arguments: Readonly<Record<string, Arguments>>;
  /** By model. */
  readonly layers: Readonly<Record<string, string>>;
  readonly target: TargetChoice | null;
  readonly retargets: readonly Retarget[];
  readonly baseline: BaselineChoice | null;
  /** `undefined`: the explorer's preset; `null`: off. */
  readonly smoothing: Smoothing | null | undefined;
  readonly quantity: "output" | "score" | null;
  readonly precision: "exact" | "fused" | "fast" | null;
}

export interface Ask {
  readonly explorer: string | null;
  /** Never none. */
  readonly columns: readonly ColumnAsk[];
  /** The column that the controls are about, and that others are measured against. */
  readonly selected: number;
  /** Whether a change in the controls is one of every column. */
  readonly together: boolean;
}

export interface Browse {
  readonly start: number;
  readonly count: number | null;
  readonly k: number | null;
  readonly order: Order;
  /** Whose predictions order and filter. */
  readonly by: string | null;
  readonly predicted: number | null;
  readonly label: number | null;
  readonly correct: boolean | null;
  readonly scan: number;
  /** Samples of one's own that are shown, uploaded or edited. */
  readonly own: readonly number[];
}

export interface Display {
  readonly panels: readonly PanelId[];
  readonly sign: SignChoice;
  /** 0 … 1 */
  readonly opacity: number;
  /** Percent of the summed magnitude beyond the end of the scale. */
  readonly outlier: number;
  readonly scale: ScaleId;
  readonly shared: boolean;
  readonly evidence: boolean;
  readonly size: TileSize;
}

export interface Page {
  readonly ask: Ask;
  readonly browse: Browse;
  readonly display: Display;
  /** Whether maps were asked for: who opens the address elsewhere is shown them, where they are stored. */
  readonly fetched: boolean;
  readonly view: View;
}

export const SCAN_STEP = 500;
export const DEFAULT_COUNT = 8;
export const DEFAULT_K = 5;
export const FIRST_METHOD = "integrated_gradients";

/** A column that leaves everything to the explorer. */
export const BLANK: ColumnAsk = {
  id: 1,
  model: null,
  method: null,
  arguments: {},
  layers: {},
  target: null,
  retargets: [],
  baseline: null,
  smoothing: undefined,
  quantity: null,
  precision: null,
};

export const INITIAL: Page = {
  ask: { explorer: null, columns: [BLANK], selected: BLANK.id, together: true },
  browse: {
    start: 0,
    count: null,
    k: null,
    order: "dataset",
    by: null,
    predicted: null,
    label: null,
    correct: null,
    scan: SCAN_STEP,
    own: [],
  },
  display: {
    panels: ["original", "overlay"],
    sign: "auto",
    opacity: 1,
    outlier: 2,
    scale: SCALE_IDS[0],
    shared: false,
    evidence: false,
    size: "medium",
  },
  fetched: false,
  view: GRID,
};

export function isFiltered(browse: Browse): boolean {
  return browse.predicted !== null || browse.label !== null || browse.correct !== null;
}

/** The other class this cell is explained for, if any. */
export function retargetOf(ask: Pick<ColumnAsk, "retargets">, model: string, sample: number): TargetChoice | null {
  return ask.retargets.find((entry) => entry.sample === sample && entry.model === model)?.target ?? null;
}
