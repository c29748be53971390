import type { ReactElement, ReactNode } from "react";

import type { Subject } from "../api/queries";
import type { MapInfo, SampleFeature } from "../api/types";
import type { HeatMap, Sign } from "../heatmap";
import type { Display } from "../state/page";

/** What is drawn: a finished result, or an estimate on the way there. */
export interface Drawable {
  readonly info: { readonly maps: readonly MapInfo[] };
  /** By feature name. */
  readonly maps: Readonly<Record<string, HeatMap>>;
}

export interface FeatureProps {
  readonly explorer: string;
  readonly sample: number;
  /** Of the sample and of how it is drawn; see `subjectOf`. */
  readonly version: string;
  readonly feature: SampleFeature;
  readonly display: Display;
  /** Lies over every panel and is zoomed with it. */
  readonly over?: ReactNode;
  /** Stands in every panel's corner. */
  readonly corner?: ReactNode;
}

export function subjectOf({ explorer, sample, version, feature }: Omit<FeatureProps, "display">): Subject {
  return { explorer, sample, version, feature: feature.name };
}

export interface OriginalProps extends FeatureProps {
  /** What the sample is called, for those who cannot see it. */
  readonly name: string;
}

export interface MapsProps extends FeatureProps {
  readonly result: Drawable;
  /** How the method's maps are drawn unless the reader chose otherwise. */
  readonly sign: Sign;
  /** The end of the colour scale where maps share one. */
  readonly sharedLimit: number | null;
  /** "Integrated Gradients for 'cat'" */
  readonly name: string;
}

/** Draws one modality: one file each, listed in `index.ts`. */
export interface FeatureRenderer {
  readonly Original: (props: OriginalProps) => ReactElement;
  readonly Maps: (props: MapsProps) => ReactElement;
  /** The end of the colour scale that this map would choose for itself. */
  readonly limit: (result: Drawable, feature: SampleFeature, sign: Sign, outlierPercent: number) => number;
}
