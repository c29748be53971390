/** Words, lines of a table, and several inputs at once. */

import type { PanelId } from "../../state/page";
import type { Text } from "../en";

const panels: Partial<Record<PanelId, string>> = { positive: "正向", negative: "负向" };

export const features: Text["features"] = {
  original: (feature) => `${feature}：原始输入`,
  panel: (feature, panel) => `${feature}：${panels[panel] ?? "归因"}`,
  valued: (word, value) => `${word} ${value}`,
  described: (name, largest) => (largest.length === 0 ? name : `${name}。最大的：${largest.join("、")}`),
  pointAtWord: "指向一个词以查看其数值。",
  more: (n) => `还有 ${n} 项`,
  fewer: "收起",
  part: (feature, what) => `${feature}：${what}`,
  attribution: "归因",
  contributions: "各输入的净贡献",
};
