/** What a picture of the grid is made of: texts, panels, bars and fills, in CSS pixels. */

import type { TileSize } from "../state/page";
import type { MarkWords } from "./marks";
import type { Bar, Panel } from "./panels";

export type TextStyle =
  "title" | "subtitle" | "number" | "label" | "column" | "panel" | "tick" | "word" | "caption" | "foot";
export type Align = "left" | "center" | "right";

export type Piece =
  | { kind: "text"; x: number; y: number; style: TextStyle; text: string; align: Align; ink?: string }
  | { kind: "fill"; x: number; y: number; width: number; height: number; fill: string }
  | { kind: "panel"; x: number; y: number; width: number; height: number; panel: Panel; outline: string | null }
  | { kind: "bar"; x: number; y: number; width: number; height: number; bar: Bar };

export interface Words extends MarkWords {
  readonly value: (value: number) => string;
  /** The line at the foot. */
  readonly foot: string;
}

/** The width of a text in CSS pixels. */
export type Measure = (text: string, style: TextStyle) => number;

export const TILES: Record<TileSize, number> = { small: 132, medium: 192, large: 288 };
export const LINE: Record<TextStyle, number> = {
  title: 30,
  subtitle: 22,
  number: 22,
  label: 22,
  column: 20,
  panel: 17,
  tick: 15,
  word: 22,
  caption: 15,
  foot: 16,
};

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
