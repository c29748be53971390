import type { SampleFeature } from "../api/types";
import { emptyRenderer } from "./empty/renderer";
import { imageRenderer } from "./image/renderer";
import { tableRenderer } from "./table/renderer";
import { textRenderer } from "./text/renderer";
import type { FeatureRenderer, RendererOf } from "./types";

export type { Drawable, FeatureRenderer, MapsProps, OriginalProps } from "./types";

const RENDERERS: { [Kind in SampleFeature["kind"]]: RendererOf<Kind> } = {
  image: imageRenderer,
  text: textRenderer,
  table: tableRenderer,
  empty: emptyRenderer,
};

export function rendererOf(feature: SampleFeature): FeatureRenderer {
  // The table gives each kind its own, which takes what it is given here.
  return RENDERERS[feature.kind] as FeatureRenderer;
}

/** Whether the input has pixels: to be pointed at, erased, exported, and seen in a baseline. */
export const isPictured = (feature: SampleFeature): boolean => rendererOf(feature).pictured;

/** Whether any of the inputs has. */
export const hasPictures = (features: readonly Pick<SampleFeature, "kind">[]): boolean =>
  features.some(({ kind }) => RENDERERS[kind].pictured);

/** Width by height of what is shown in its place. */
export const aspectOf = (feature: SampleFeature): number => rendererOf(feature).aspect(feature);
