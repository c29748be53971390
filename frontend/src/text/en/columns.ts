/** The columns of the grid, and what is common to them. */

import { plural } from "./words";

const sentenceList = new Intl.ListFormat("en");

export const columns = {
  region: "Columns",
  targets: { predicted: "predicted class", runner_up: "second prediction", label: "true label" },
  quantities: { output: "raw output", score: "score" },
  remove: (title: string) => `Remove ${title}`,
  refused: (reason: string) => `Its settings are refused: ${reason}`,
  compare: "Compare with…",
  most: (n: number) => `There are at most ${n} columns.`,
  kinds: {
    method: "another method",
    layer: "another layer",
    target: "another target",
    model: "another model",
  },
  differs: (title: string) => `A column like ${title}, but with`,
  search: "Type to search",
  nothing: "Nothing of that name",
  copy: "the same, to change it in the settings",
  together: "Change all columns together",
  togetherHelp: "A change below is one of every column it applies to; each keeps its model.",
  about: (title: string) => `Settings of ${title}`,
  zoom: {
    region: "Zoom of all images",
    in: "Zoom in",
    out: "Zoom out",
    reset: "Whole images",
    level: (factor: string) => `${factor} ×`,
    help: "All images zoom and move together: Ctrl and the wheel, a pinch, or + − 0; drag to move.",
  },
  cursor: {
    at: (x: number, y: number) => `x ${x}, y ${y}`,
    surface: (name: string) => `${name}. Arrow keys move the cursor and read out the value in every column.`,
  },
  agreement: {
    reference: "reference",
    correlation: (value: string) => `ρ ${value}`,
    overlap: (share: string) => `top 10 %: ${share}`,
    mean: (n: number) => `mean of ${n} ${plural(n, "sample", "samples")}`,
    help: (reference: string) =>
      `Compared with ${reference}. ρ is Spearman’s rank correlation of the two maps’ values, place by place; of their magnitudes where one of the maps has no sign. Top 10 % is the share of the tenth of pixels with the largest magnitude that both maps have in common; places of equal magnitude at its border count in part. Maps of different size are first enlarged to the image, as they are drawn.`,
    constant: "one of the maps is the same everywhere, so there are no ranks",
    nonFinite: "one of the maps has values that are not finite",
    units: "the units of a layer have no places to compare",
    missing: "both maps have to be fetched first",
    undefined: "–",
  },
  scale: {
    columns: "One scale a column",
    groups: "One scale for comparable columns",
    helpColumns: "These columns are not comparable with each other, so each has a scale of its own for all its samples",
    helpGroups: (groups: string) => `Comparable, and with one scale: ${groups}. Every other column has its own`,
    group: (titles: readonly string[]) => sentenceList.format(titles),
    own: "Every map has its own colour scale.",
    one: "All maps share one colour scale.",
    each: "Each column has one colour scale for all its samples; their units cannot be compared.",
    some: (groups: string) => `One colour scale for ${groups}; every other column has its own.`,
  },
};
