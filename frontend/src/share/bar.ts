import { paintBar } from "../heatmap";
import type { Bar } from "./panels";

/** The colours of a panel's bar, from its lowest value to its highest. */
export function paintPanelBar({ scale, style, opacity, low, high, limit }: Bar, out: Uint32Array): void {
  paintBar(limit > 0 ? [low / limit, high / limit] : [0, 0], scale, style, opacity, out);
}
