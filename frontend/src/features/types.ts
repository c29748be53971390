import type { ReactElement } from "react";

import type { Result } from "../api/queries";
import type { SampleFeature } from "../api/types";
import type { Sign } from "../heatmap";
import type { Display } from "../state/page";

export interface FeatureProps {
  readonly explorer: string;
  readonly sample: number;
  readonly feature: SampleFeature;
  readonly display: Display;
}

export interface OriginalProps extends FeatureProps {
  /** What the sample is called, for those who cannot see it. */
  readonly name: string;
}

export interface MapsProps extends FeatureProps {
  readonly result: Result;
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
  readonly limit: (result: Result, feature: SampleFeature, sign: Sign, outlierPercent: number) => number;
}
