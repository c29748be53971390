import type { SampleFeature } from "../api/types";
import { imageRenderer } from "./image/renderer";
import type { FeatureRenderer } from "./types";

export type { Drawable, FeatureRenderer, MapsProps, OriginalProps } from "./types";

const RENDERERS: Record<SampleFeature["kind"], FeatureRenderer> = { image: imageRenderer };

export function rendererOf(feature: SampleFeature): FeatureRenderer {
  return RENDERERS[feature.kind];
}
