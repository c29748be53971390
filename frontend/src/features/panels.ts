import type { Sign } from "../heatmap";
import type { Display, PanelId } from "../state/page";

/** The signs to draw words and numbers by: one for all panels that differ only in how they paint pixels. */
export function panelSigns(display: Display, sign: Sign): readonly { readonly panel: PanelId; readonly sign: Sign }[] {
  const found = display.panels.flatMap((panel) => {
    if (panel === "original") return [];
    const own = panel === "positive" || panel === "negative";
    return [{ panel: own ? panel : ("heat" as const), sign: own ? panel : sign }];
  });
  return found.filter(({ panel }, i) => found.findIndex((other) => other.panel === panel) === i);
}
