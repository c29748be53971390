/** Where everything stands in the picture of the grid, in CSS pixels: the page's cards, without its controls. */

import type { TileSize } from "../state/page";
import { mapPanel, mapPanels, original, sharedLimits, type Bar, type Panel } from "./panels";
import type { ShownCell, ShownGrid, ShownImage, ShownRow } from "./shown";

export type TextStyle = "title" | "subtitle" | "number" | "label" | "column" | "panel" | "tick" | "caption" | "foot";
export type Align = "left" | "center" | "right";

export type Piece =
  | { kind: "text"; x: number; y: number; style: TextStyle; text: string; align: Align }
  | { kind: "panel"; x: number; y: number; width: number; height: number; panel: Panel; outline: string | null }
  | { kind: "bar"; x: number; y: number; width: number; height: number; bar: Bar };

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly pieces: readonly Piece[];
}

export interface Words {
  readonly panels: Readonly<Record<Panel["panel"], string>>;
  readonly value: (value: number) => string;
  /** The line at the foot. */
  readonly foot: string;
}

/** The width of a text in CSS pixels. */
export type Measure = (text: string, style: TextStyle) => number;

const TILES: Record<TileSize, number> = { small: 132, medium: 192, large: 288 };
export const LINE: Record<TextStyle, number> = {
  title: 30,
  subtitle: 22,
  number: 22,
  label: 22,
  column: 20,
  panel: 17,
  tick: 15,
  caption: 15,
  foot: 16,
};
const MARGIN = 28;
const GAP = 10;
const CELL_GAP = 24;
const BLOCK_GAP = 32;
const BAR = 7;
const WIDEST = 1360;
const NARROWEST = 420;

export function layout(grid: ShownGrid, words: Words, measure: Measure): Layout {
  const blocks = grid.rows.map((row) => new Block(grid, row, words, measure));
  const widest = Math.max(0, ...blocks.map(({ width }) => width));
  const fitting = Math.floor((WIDEST + BLOCK_GAP) / (widest + BLOCK_GAP));
  const perLine = Math.max(1, Math.min(fitting, blocks.length));
  const inner = Math.max(perLine * (widest + BLOCK_GAP) - BLOCK_GAP, NARROWEST);
  const pieces: Piece[] = [];
  let y = MARGIN;
  for (const style of ["title", "subtitle"] as const)
    for (const line of wrapped(grid[style], inner, (text) => measure(text, style))) {
      pieces.push({ kind: "text", x: MARGIN, y, style, text: line, align: "left" });
      y += LINE[style];
    }
  y += GAP;
  for (let i = 0; i < blocks.length; i += perLine) {
    const line = blocks.slice(i, i + perLine);
    line.forEach((block, place) => pieces.push(...block.at(MARGIN + place * (widest + BLOCK_GAP), y)));
    y += Math.max(...line.map(({ height }) => height)) + BLOCK_GAP;
  }
  pieces.push({ kind: "text", x: MARGIN, y: y - GAP, style: "foot", text: words.foot, align: "left" });
  return { width: inner + 2 * MARGIN, height: y + LINE.foot, pieces };
}

/** One sample, laid out at the origin. */
class Block {
  width = 0;
  height = 0;
  private readonly pieces: Piece[] = [];

  constructor(
    private readonly grid: ShownGrid,
    row: ShownRow,
    private readonly words: Words,
    private readonly measure: Measure,
  ) {
    const { display } = grid;
    this.text(0, 0, "number", row.number);
    if (row.label !== null) this.text(measure(row.number, "number") + GAP, 0, "label", row.label);
    const top = LINE.number + 4;
    const titled = row.cells.some(({ title }) => title !== "");
    const below = top + (titled ? LINE.column : 0);
    let x = 0;
    if (display.panels.includes("original"))
      for (const image of row.images) x = this.panel(x, below, image, original(image.picture)) + GAP;
    if (x > 0) this.height = Math.max(this.height, below);
    const shared = display.shared ? limitsOf(grid) : null;
    for (const cell of row.cells) {
      if (x > 0 && titled) x += CELL_GAP - GAP;
      x = this.cell(x, top, below, row, cell, shared);
    }
    this.width = Math.max(x - GAP, this.width);
  }

  at(x: number, y: number): Piece[] {
    return this.pieces.map((piece) => ({ ...piece, x: piece.x + x, y: piece.y + y }));
  }

  private cell(
    from: number,
    top: number,
    below: number,
    row: ShownRow,
    cell: ShownCell,
    shared: ReadonlyMap<string, number> | null,
  ): number {
    const { display } = this.grid;
    let x = from;
    for (const { feature, map, interpolation } of cell.maps) {
      const image = row.images.find((one) => one.feature === feature);
      if (!image) continue;
      const subject = { map, interpolation, sign: cell.sign };
      for (const panel of mapPanels(display)) {
        const made = mapPanel(panel, subject, image.picture, display, shared?.get(cell.group));
        x = this.panel(x, below, image, made) + GAP;
      }
    }
    // With one column the captions reach under the original, as on the page.
    const left = cell.title === "" ? 0 : from;
    const width = Math.max(x - GAP - left, TILES[display.size]);
    if (cell.title !== "") this.lines(left, top, width, "column", [cell.title], 1);
    this.lines(left, this.imagesEnd(below, row), width, "caption", cell.captions, 3);
    return Math.max(x, left + width + GAP);
  }

  private imagesEnd(below: number, row: ShownRow): number {
    const tallest = Math.max(0, ...row.images.map(({ picture }) => this.tileHeight(picture)));
    return below + LINE.panel + tallest + 6 + BAR + LINE.tick + 6;
  }

  private panel(x: number, y: number, image: ShownImage, panel: Panel): number {
    const width = TILES[this.grid.display.size];
    const height = this.tileHeight(panel);
    this.text(x, y, "panel", this.words.panels[panel.panel]);
    const top = y + LINE.panel;
    this.pieces.push({ kind: "panel", x, y: top, width, height, panel, outline: image.outline });
    if (panel.bar) {
      const { bar } = panel;
      const at = top + height + 6;
      this.pieces.push({ kind: "bar", x, y: at, width, height: BAR, bar });
      const ticks = at + BAR + 3;
      this.text(x, ticks, "tick", this.words.value(bar.low));
      if (bar.low < 0 && bar.high > 0) this.text(x + width / 2, ticks, "tick", "0", "center");
      this.text(x + width, ticks, "tick", this.words.value(bar.high), "right");
    }
    this.height = Math.max(this.height, top + height + (panel.bar ? 6 + BAR + LINE.tick : 0));
    return x + width;
  }

  private tileHeight({ width, height }: { width: number; height: number }): number {
    return Math.round((TILES[this.grid.display.size] * height) / width);
  }

  private lines(x: number, y: number, width: number, style: TextStyle, texts: readonly string[], most: number): void {
    let at = y;
    for (const text of texts)
      for (const line of wrapped(text, width, (part) => this.measure(part, style)).slice(0, most)) {
        this.text(x, at, style, line);
        at += LINE[style];
      }
    this.height = Math.max(this.height, at);
  }

  private text(x: number, y: number, style: TextStyle, text: string, align: Align = "left"): void {
    this.pieces.push({ kind: "text", x, y, style, text, align });
  }
}

export function limitsOf({ rows, display }: ShownGrid): ReadonlyMap<string, number> {
  const all = rows.flatMap(({ cells, images }) =>
    cells.flatMap(({ maps, group, sign }) =>
      maps.flatMap(({ feature, map, interpolation }) => {
        const picture = images.find((image) => image.feature === feature)?.picture;
        return picture ? [{ group, picture, subject: { map, interpolation, sign } }] : [];
      }),
    ),
  );
  return sharedLimits(all, display);
}

/** Breaks at spaces; a word that is too long for a line is cut. */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (measure(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (measure(line) > width && line.length > 1) line = `${line.slice(0, -2)}…`;
  }
  return line === "" ? lines : [...lines, line];
}
