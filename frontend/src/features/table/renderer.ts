import { colourLimit } from "../../heatmap";
import type { RendererOf } from "../types";
import { OriginalRow } from "./OriginalRow";
import { valuedLines } from "./rows";
import { TableMaps } from "./TableMaps";

export const tableRenderer: RendererOf<"table"> = {
  Original: OriginalRow,
  Maps: TableMaps,
  pictured: false,
  place: "line",
  aspect: () => 1.5,
  limit: (result, feature, sign, outlierPercent) => {
    const lines = valuedLines(result, feature);
    return colourLimit(
      Float32Array.from(lines ?? [], ({ attribution }) => attribution),
      sign,
      outlierPercent,
    );
  },
};
