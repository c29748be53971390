import type { ReactElement, ReactNode } from "react";

import type { Subject } from "../api/queries";
import type { FeatureOf, MapInfo, SampleFeature } from "../api/types";
import type { HeatMap, Sign } from "../heatmap";
import type { Display } from "../state/page";

/** What is drawn: a finished result, or an estimate on the way there. */
export interface Drawable {
  readonly info: { readonly maps: readonly MapInfo[] };
  /** By feature name. */
  readonly maps: Readonly<Record<string, HeatMap>>;
}

export interface FeatureProps<F extends SampleFeature = SampleFeature> {
  readonly explorer: string;
  readonly sample: number;
  /** Of the sample and of how it is drawn; see `subjectOf`. */
  readonly version: string;
  readonly feature: F;
  readonly display: Display;
  /** Lies over every panel and is zoomed with it. */
  readonly over?: ReactNode;
  /** Stands in every panel's corner. */
  readonly corner?: ReactNode;
}

export function subjectOf({ explorer, sample, version, feature }: Omit<FeatureProps, "display">): Subject {
  return { explorer, sample, version, feature: feature.name };
}

export interface OriginalProps<F extends SampleFeature = SampleFeature> extends FeatureProps<F> {
  /** What the sample is called, for those who cannot see it. */
  readonly name: string;
}

export interface MapsProps<F extends SampleFeature = SampleFeature> extends FeatureProps<F> {
  readonly result: Drawable;
  /** How the method's maps are drawn unless the reader chose otherwise. */
  readonly sign: Sign;
  /** The end of the colour scale where maps share one. */
  readonly sharedLimit: number | null;
  /** "Integrated Gradients for 'cat'" */
  readonly name: string;
}

/** Draws one modality: one file each, listed in `index.ts`. */
export interface FeatureRenderer<F extends SampleFeature = SampleFeature> {
  readonly Original: (props: OriginalProps<F>) => ReactElement | null;
  readonly Maps: (props: MapsProps<F>) => ReactElement | null;
  /** Whether it has pixels. */
  readonly pictured: boolean;
  /** What its map gives values to. */
  readonly place: Place;
  readonly aspect: (feature: F) => number;
  /** The end of the colour scale that this map would choose for itself. */
  readonly limit: (result: Drawable, feature: F, sign: Sign, outlierPercent: number) => number;
}

export type Place = "pixel" | "word" | "line";

export type RendererOf<Kind extends SampleFeature["kind"]> = FeatureRenderer<FeatureOf<Kind>>;
