/** Where everything stands in the picture of the grid, in CSS pixels: the page's cards, without its controls. */

import { Block } from "./block";
import { sharedLimits } from "./panels";
import { LINE, wrapped, type Measure, type Piece, type Words } from "./pieces";
import type { ShownGrid } from "./shown";

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly pieces: readonly Piece[];
}

const MARGIN = 28;
const GAP = 10;
const BLOCK_GAP = 32;
const WIDEST = 1360;
const NARROWEST = 420;

export function layout(grid: ShownGrid, words: Words, measure: Measure): Layout {
  const shared = grid.display.shared ? limitsOf(grid) : null;
  const blocks = grid.rows.map((row) => new Block(grid, row, shared, words, measure));
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

export function limitsOf({ rows, display }: ShownGrid): ReadonlyMap<string, number> {
  const all = rows.flatMap(({ cells, inputs }) =>
    cells.flatMap(({ maps, group, sign }) =>
      maps.flatMap(({ feature, map, interpolation }) => {
        const input = inputs.find((one) => one.feature === feature);
        return input ? [{ group, input, subject: { map, interpolation, sign } }] : [];
      }),
    ),
  );
  return sharedLimits(all, display);
}
