/** Choosing a layer, and stepping from one to the next. */

import { plural } from "./words";

export const layers = {
  default: "default",
  defaultFor: {
    convolution: "default: last convolution",
    attention: "default: last attention",
  } satisfies Record<"convolution" | "attention", string>,
  none: "none chosen",
  search: "Search by name or type",
  tree: (model: string) => `Layers of ${model}`,
  found: (found: number, of: number) =>
    found === of ? `${of} ${plural(of, "layer", "layers")}` : `${found} of ${of} ${plural(of, "layer", "layers")}`,
  noneFound: "No layer of that name or type",
  noPositions: "It has no positions, so there is no map of it.",
  up: (model: string) => `Previous layer of ${model}`,
  down: (model: string) => `Next layer of ${model}`,
  slow: (time: string) => `This layer takes ${time}: press Fetch.`,
};
