/** Words, lines of a table, and several inputs at once. */

import type { PanelId } from "../../state/page";

const panels: Partial<Record<PanelId, string>> = { positive: "Positive", negative: "Negative" };

export const features = {
  original: (feature: string) => `${feature}: original`,
  panel: (feature: string, panel: PanelId) => `${feature}: ${panels[panel] ?? "Attribution"}`,
  valued: (word: string, value: string) => `${word} ${value}`,
  described: (name: string, largest: readonly string[]) =>
    largest.length === 0 ? name : `${name}. The largest: ${largest.join(", ")}`,
  pointAtWord: "Point at a word to read its value.",
  more: (n: number) => `${n} more`,
  fewer: "Fewer",
  part: (feature: string, what: string) => `${feature}: ${what}`,
  attribution: "Attribution",
  contributions: "Net share of each input",
};
