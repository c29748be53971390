import { colourLimit } from "../../heatmap";
import type { RendererOf } from "../types";
import { ImageMaps } from "./ImageMaps";
import { drawnValues } from "./drawn";
import { OriginalImage } from "./OriginalImage";

export const imageRenderer: RendererOf<"image"> = {
  Original: OriginalImage,
  Maps: ImageMaps,
  pictured: true,
  place: "pixel",
  aspect: ({ width, height }) => width / height,
  limit: (result, feature, sign, outlierPercent) => {
    const values = drawnValues(result, feature);
    return values ? colourLimit(values, sign, outlierPercent) : 0;
  },
};
