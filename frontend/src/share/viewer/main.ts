/** The program inside a saved page: the page's own drawing, its display controls, and nothing else. */

import { formatShare, SCALE_IDS } from "../../heatmap";
import { PANELS, SIGN_CHOICES, SIZES, type Display } from "../../state/page";
import { limitsOf } from "../layout";
import { mapMarks, originalMarks, shareMarks } from "../marks";
import { mapPanel, mapPanels, original, type Panel } from "../panels";
import { fromSaved, type SavedPage, type SavedWords } from "../saved";
import type { ShownGrid, ShownImage } from "../shown";
import { markFigure } from "./marks";
import { bar, painted } from "./bar";
import { checkbox, choice, element, slider } from "./dom";

const SMALL = 160;
const SVG = "http://www.w3.org/2000/svg";

async function open(): Promise<void> {
  const saved = JSON.parse(document.getElementById("data")?.textContent ?? "") as SavedPage;
  const root = document.getElementById("grid");
  if (!root) return;
  const { words } = saved;
  let grid = await fromSaved(saved);
  const cards = element("div", { className: "cards" });
  const draw = (): void => cards.replaceChildren(...rows(grid, words));
  const change = (display: Partial<Display>): void => {
    grid = { ...grid, display: { ...grid.display, ...display } };
    cards.dataset.size = grid.display.size;
    draw();
  };
  root.append(
    element("h1", { textContent: saved.title }),
    element("p", { className: "subtitle", textContent: saved.subtitle }),
    controls(words, () => grid.display, change),
    cards,
    element("footer", { textContent: words.foot }),
  );
  // Words are coloured on the page's own ground.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  change({});
}

function controls(words: SavedWords, now: () => Display, change: (display: Partial<Display>) => void): HTMLElement {
  const panels = element("fieldset", {}, [element("legend", { textContent: words.panels })]);
  for (const panel of PANELS)
    panels.append(
      checkbox(words.panelNames[panel], now().panels.includes(panel), (checked) =>
        change({ panels: PANELS.filter((other) => (other === panel ? checked : now().panels.includes(other))) }),
      ),
    );
  const { scale, sign, opacity, outlier, shared, size } = now();
  return element("section", { className: "controls", ariaLabel: words.controls }, [
    panels,
    choice(words.scale, SCALE_IDS, words.scales, scale, (value) => change({ scale: value })),
    choice(words.sign, SIGN_CHOICES, words.signs, sign, (value) => change({ sign: value })),
    slider(words.opacity, Math.round(opacity * 100), 100, 5, (value) => change({ opacity: value / 100 })),
    slider(words.outlier, outlier, 20, 0.5, (value) => change({ outlier: value })),
    checkbox(words.shared, shared, (value) => change({ shared: value })),
    choice(words.size, SIZES, words.sizes, size, (value) => change({ size: value })),
  ]);
}

function rows(grid: ShownGrid, words: SavedWords): HTMLElement[] {
  const { display } = grid;
  const shared = display.shared ? limitsOf(grid) : null;
  return grid.rows.map((row) => {
    const head = element("header", {}, [element("h2", { textContent: row.number })]);
    if (row.label !== null) head.append(element("span", { className: "label", textContent: row.label }));
    const columns = element("div", { className: "columns" });
    const name = `${row.number} ${row.label ?? ""}`;
    if (display.panels.includes("original"))
      columns.append(
        element("div", { className: "cell" }, [
          element(
            "div",
            { className: "panels" },
            row.inputs.map((input) =>
              input.kind === "image"
                ? figure(original(input.picture), input, words, name)
                : markFigure(originalMarks(input), display, words, name),
            ),
          ),
        ]),
      );
    for (const cell of row.cells) {
      const { title, captions, maps, sign, group } = cell;
      const of = `${name}, ${captions[0] ?? ""}`;
      const figures = maps.flatMap(({ feature, map, interpolation }) => {
        const input = row.inputs.find((one) => one.feature === feature);
        const subject = { map, interpolation, sign };
        const limit = shared?.get(group);
        if (!input) return [];
        if (input.kind !== "image")
          return mapMarks(subject, input, display, limit).map((panel) => markFigure(panel, display, words, of));
        return mapPanels(display).map((panel) =>
          figure(mapPanel(panel, subject, input, display, limit), input, words, of),
        );
      });
      const shares = mapPanels(display).length > 0 ? shareMarks(cell, formatShare) : null;
      if (shares) figures.push(markFigure(shares, display, words, of));
      columns.append(
        element("div", { className: "cell" }, [
          ...(title === "" ? [] : [element("h3", { textContent: title })]),
          element("div", { className: "panels" }, figures),
          ...captions.map((caption) => element("p", { textContent: caption })),
        ]),
      );
    }
    const card = element("article", {}, [head, columns]);
    card.dataset.sample = String(row.sample);
    return card;
  });
}

function figure(panel: Panel, { outline }: ShownImage, words: SavedWords, name: string): HTMLElement {
  const title = words.panelNames[panel.panel];
  const canvas = painted(panel.width, panel.height, panel.paint);
  canvas.dataset.panel = panel.panel;
  canvas.dataset.pixelated = String(Math.max(panel.width, panel.height) <= SMALL);
  canvas.role = "img";
  canvas.ariaLabel = `${title}: ${name}`;
  const frame = element("div", { className: "frame" }, [canvas]);
  if (outline !== null) frame.append(outlineOf(outline, panel));
  const made = element("figure", {}, [element("figcaption", { textContent: title }), frame]);
  if (panel.bar) made.append(...bar(panel.bar));
  return made;
}

function outlineOf(path: string, { width, height }: Panel): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  for (const kind of ["under", "over"]) {
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("class", kind);
    line.setAttribute("d", path);
    svg.append(line);
  }
  return svg;
}

void open();
