/** Words and lines on the saved page. */

import { barColour, shade } from "../../features/shade";
import { colourScale, formatValue, type Rgb } from "../../heatmap";
import type { Display } from "../../state/page";
import { markTitle, type Mark, type MarkPanel } from "../marks";
import type { SavedWords } from "../saved";
import { bar } from "./bar";
import { element } from "./dom";

/** The page's own colours, which those of the words are mixed with. */
const SURFACE: Record<"light" | "dark", Rgb> = { light: [255, 255, 255], dark: [26, 25, 31] };

export function markFigure(panel: MarkPanel, display: Display, words: SavedWords, name: string): HTMLElement {
  const title = markTitle(panel, { ...words, panels: words.panelNames });
  const body = panel.kind === "words" ? spans(panel.marks, display) : lines(panel.marks, display);
  body.ariaLabel = `${title}: ${name}`;
  body.dataset.panel = panel.panel;
  const made = element("figure", { className: "wide" }, [element("figcaption", { textContent: title }), body]);
  if (panel.bar) made.append(...bar(panel.bar));
  return made;
}

function spans(marks: readonly Mark[], display: Display): HTMLElement {
  const scale = colourScale(display.scale);
  const page = SURFACE[matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"];
  const made = element("p", { className: "words", role: "group" });
  for (const { text, value, share, decides } of marks) {
    const word = element("span", { className: "word", textContent: text });
    const shaded = shade(scale, share, page);
    if (shaded) Object.assign(word.style, shaded);
    if (value !== null) {
      word.title = formatValue(value);
      word.dataset.value = String(value);
    }
    word.dataset.decides = String(decides);
    made.append(word, " ");
  }
  return made;
}

function lines(marks: readonly Mark[], display: Display): HTMLElement {
  const scale = colourScale(display.scale);
  const made = element("ul", { className: "lines" });
  for (const { text, beside, value, share, decides } of marks) {
    const line = element("li", {}, [
      element("span", { className: "name", textContent: text }),
      element("span", { className: "beside", textContent: beside ?? "" }),
    ]);
    line.dataset.decides = String(decides);
    if (value !== null) {
      const fill = element("span", { className: "fill" });
      fill.style.width = `${50 * Math.abs(share)}%`;
      fill.style.background = barColour(scale, share);
      fill.dataset.negative = String(share < 0);
      line.dataset.value = String(value);
      line.append(
        element("span", { className: "track", ariaHidden: "true" }, [fill]),
        element("span", { className: "value", textContent: formatValue(value) }),
      );
    }
    made.append(line);
  }
  return made;
}
