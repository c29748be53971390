import { colourLimit } from "../../heatmap";
import type { RendererOf } from "../types";
import { OriginalText } from "./OriginalText";
import { TextMaps } from "./TextMaps";
import { valuedWords } from "./words";

export const textRenderer: RendererOf<"text"> = {
  Original: OriginalText,
  Maps: TextMaps,
  pictured: false,
  place: "word",
  aspect: () => 2,
  limit: (result, feature, sign, outlierPercent) => {
    const words = valuedWords(result, feature);
    const values = Float32Array.from(words ?? [], ({ value }) => value);
    return colourLimit(values, sign, outlierPercent);
  },
};
