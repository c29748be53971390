import { colourLimit } from "../../heatmap";
import type { FeatureRenderer } from "../types";
import { ImageMaps } from "./ImageMaps";
import { drawnValues } from "./drawn";
import { OriginalImage } from "./OriginalImage";

export const imageRenderer: FeatureRenderer = {
  Original: OriginalImage,
  Maps: ImageMaps,
  limit: (result, feature, sign, outlierPercent) => {
    const values = drawnValues(result, feature);
    return values ? colourLimit(values, sign, outlierPercent) : 0;
  },
};
