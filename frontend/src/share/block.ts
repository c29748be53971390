/** One sample in the picture of the grid: its inputs, its maps and what is said of them, from the origin on. */

import { formatShare } from "../heatmap";
import { barColour, shade } from "../features/shade";
import { colourScale, type Rgb } from "../heatmap";
import { LINE, TILES, wrapped, type Align, type Measure, type Piece, type TextStyle, type Words } from "./pieces";
import { mapMarks, markTitle, originalMarks, shareMarks, type Mark, type MarkPanel } from "./marks";
import { mapPanel, mapPanels, original, type Bar, type Panel } from "./panels";
import type { ShownCell, ShownGrid, ShownImage, ShownInput, ShownRow } from "./shown";

const GAP = 10;
const CELL_GAP = 24;
const BAR = 7;
/** Words and lines are wider than pictures, in tiles. */
const WIDE = 1.5;
const PAPER: Rgb = [255, 255, 255];
const SPACE = 5;
const MOST_LINES = 40;
/** Room for what a sample is called, which may be how a text begins. */
const NAME = 380;

export class Block {
  width = 0;
  height = 0;
  private readonly pieces: Piece[] = [];

  constructor(
    private readonly grid: ShownGrid,
    row: ShownRow,
    private readonly shared: ReadonlyMap<string, number> | null,
    private readonly words: Words,
    private readonly measure: Measure,
  ) {
    const { display } = grid;
    const [number = ""] = wrapped(row.number.replaceAll(" ", "\u00a0"), NAME, (part) => measure(part, "number"));
    this.text(0, 0, "number", number);
    if (row.label !== null) this.text(measure(number, "number") + GAP, 0, "label", row.label);
    const top = LINE.number + 4;
    const titled = row.cells.some(({ title }) => title !== "");
    const several = row.inputs.length > 1;
    const below = top + (titled && !several ? LINE.column : 0);
    this.height = below;
    let x = 0;
    if (display.panels.includes("original"))
      for (const input of row.inputs)
        x = this.add(x, below, input, input.kind === "image" ? original(input.picture) : originalMarks(input)) + GAP;
    this.width = x - GAP;
    if (several) this.inLines(row);
    else this.beside(row, x, top, below);
  }

  /** The maps of one input stand beside it. */
  private beside(row: ShownRow, from: number, top: number, below: number): void {
    let x = from;
    const places = row.cells.map((cell) => {
      if (x > 0 && below > top) x += CELL_GAP - GAP;
      const start = x;
      x = this.maps(x, below, row, cell);
      // With one column the captions reach under the original, as on the page.
      const left = cell.title === "" ? 0 : start;
      const width = Math.max(x - GAP - left, TILES[this.grid.display.size]);
      x = Math.max(x, left + width + GAP);
      return { cell, left, width };
    });
    const end = this.height + 6;
    for (const { cell, left, width } of places) {
      if (cell.title !== "") this.lines(left, top, width, "column", [cell.title], 1);
      this.lines(left, end, width, "caption", cell.captions, 3);
    }
    this.width = Math.max(x - GAP, this.width);
  }

  /** The maps of several inputs stand beneath them, a line for each column. */
  private inLines(row: ShownRow): void {
    for (const cell of row.cells) {
      let y = this.height + GAP;
      if (cell.title !== "") {
        this.text(0, y, "column", cell.title);
        y += LINE.column;
      }
      this.width = Math.max(this.width, this.maps(0, y, row, cell) - GAP, 2 * TILES[this.grid.display.size]);
      this.lines(0, this.height + 6, this.width, "caption", cell.captions, 3);
    }
  }

  at(x: number, y: number): Piece[] {
    return this.pieces.map((piece) => ({ ...piece, x: piece.x + x, y: piece.y + y }));
  }

  private maps(from: number, y: number, row: ShownRow, cell: ShownCell): number {
    const { display } = this.grid;
    const limit = this.shared?.get(cell.group);
    let x = from;
    for (const { feature, map, interpolation } of cell.maps) {
      const input = row.inputs.find((one) => one.feature === feature);
      if (!input) continue;
      const subject = { map, interpolation, sign: cell.sign };
      const panels =
        input.kind === "image"
          ? mapPanels(display).map((panel) => mapPanel(panel, subject, input, display, limit))
          : mapMarks(subject, input, display, limit);
      for (const panel of panels) x = this.add(x, y, input, panel) + GAP;
    }
    const shares = shareMarks(cell, formatShare);
    return shares && mapPanels(display).length > 0 ? this.marks(x, y, shares) + GAP : x;
  }

  private add(x: number, y: number, input: ShownInput, panel: Panel | MarkPanel): number {
    return "marks" in panel ? this.marks(x, y, panel) : this.panel(x, y, input as ShownImage, panel);
  }

  private panel(x: number, y: number, image: ShownImage, panel: Panel): number {
    const width = TILES[this.grid.display.size];
    const height = Math.round((width * panel.height) / panel.width);
    this.text(x, y, "panel", this.words.panels[panel.panel]);
    const top = y + LINE.panel;
    this.pieces.push({ kind: "panel", x, y: top, width, height, panel, outline: image.outline });
    this.reach(top + height);
    if (panel.bar) this.bar(x, top + height, width, panel.bar);
    return x + width;
  }

  private bar(x: number, y: number, width: number, bar: Bar): void {
    const at = y + 6;
    this.pieces.push({ kind: "bar", x, y: at, width, height: BAR, bar });
    const ticks = at + BAR + 3;
    this.text(x, ticks, "tick", this.words.value(bar.low));
    if (bar.low < 0 && bar.high > 0) this.text(x + width / 2, ticks, "tick", "0", "center");
    this.text(x + width, ticks, "tick", this.words.value(bar.high), "right");
    this.reach(ticks + LINE.tick - 3);
  }

  private marks(x: number, y: number, panel: MarkPanel): number {
    const width = Math.round(WIDE * TILES[this.grid.display.size]);
    this.lines(x, y, width, "panel", [markTitle(panel, this.words)], 1);
    const top = y + LINE.panel;
    const end = panel.kind === "words" ? this.spans(x, top, width, panel.marks) : this.rows(x, top, width, panel.marks);
    this.reach(end);
    if (panel.bar) this.bar(x, end, width, panel.bar);
    // Text beside text needs more room than beside a picture.
    return x + width + GAP;
  }

  /** Words one after the other. */
  private spans(x: number, y: number, width: number, marks: readonly Mark[]): number {
    const scale = colourScale(this.grid.display.scale);
    let at = x;
    let line = y;
    for (const { text, share, decides } of marks) {
      const [word = ""] = wrapped(text, width - 4, (part) => this.measure(part, "word"));
      const wide = this.measure(word, "word");
      if (at > x && at + wide + 4 > x + width) [at, line] = [x, line + LINE.word];
      const shaded = shade(scale, share, PAPER);
      if (shaded) this.fill(at, line + 1, wide + 4, LINE.word - 3, shaded.background);
      this.text(at + 2, line + 3, "word", word, "left", shaded?.color);
      if (decides) this.fill(at + 2, line + LINE.word - 4, wide, 1.5, "#1c1a22");
      at += wide + SPACE;
    }
    return line + LINE.word;
  }

  /** Lines one under the other, each with its bar. */
  private rows(x: number, y: number, width: number, marks: readonly Mark[]): number {
    const scale = colourScale(this.grid.display.scale);
    const track = width - 58;
    let line = y;
    for (const { text, beside, value, share, decides } of marks.slice(0, MOST_LINES)) {
      const shown = beside ?? "";
      const room = width - this.measure(shown, "tick") - GAP;
      const [name = ""] = wrapped(text, room, (part) => this.measure(part, "caption"));
      this.text(x, line, "caption", name);
      if (decides) this.fill(x, line + LINE.caption - 2, this.measure(name, "caption"), 1.5, "#1c1a22");
      this.text(x + width, line, "tick", shown, "right");
      line += LINE.caption;
      if (value === null) continue;
      const middle = x + track / 2;
      const long = (track / 2) * Math.abs(share);
      this.fill(middle, line + 1, 1, 9, "#c9c4d4");
      if (long > 0) this.fill(share < 0 ? middle - long : middle, line + 2, long, 7, barColour(scale, share));
      this.text(x + width, line - 1, "tick", this.words.value(value), "right");
      line += LINE.tick;
    }
    if (marks.length > MOST_LINES) this.text(x, line, "caption", "…");
    return line + (marks.length > MOST_LINES ? LINE.caption : 0);
  }

  private lines(x: number, y: number, width: number, style: TextStyle, texts: readonly string[], most: number): void {
    let at = y;
    for (const text of texts)
      for (const line of wrapped(text, width, (part) => this.measure(part, style)).slice(0, most)) {
        this.text(x, at, style, line);
        at += LINE[style];
      }
    this.reach(at);
  }

  private reach(height: number): void {
    this.height = Math.max(this.height, height);
  }

  private fill(x: number, y: number, width: number, height: number, fill: string): void {
    this.pieces.push({ kind: "fill", x, y, width, height, fill });
  }

  private text(x: number, y: number, style: TextStyle, text: string, align: Align = "left", ink?: string): void {
    this.pieces.push({ kind: "text", x, y, style, text, align, ...(ink !== undefined && { ink }) });
  }
}
