import type { RendererOf } from "../types";

/** An input that is not shown: only its share is, beside the others'. */
export const emptyRenderer: RendererOf<"empty"> = {
  Original: () => null,
  Maps: () => null,
  pictured: false,
  place: "line",
  aspect: () => 2,
  limit: () => 0,
};
