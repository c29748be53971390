/** Pictures of what is shown: one panel in its own pixels, or the whole grid. */

import { paintPanelBar } from "./bar";
import { layout, type Layout } from "./layout";
import type { Bar, Panel } from "./panels";
import type { Piece, TextStyle, Words } from "./pieces";
import type { ShownGrid } from "./shown";

const FAMILY = '"Geist Variable", system-ui, sans-serif';
const FONTS: Record<TextStyle, string> = {
  title: `600 20px ${FAMILY}`,
  subtitle: `400 14px ${FAMILY}`,
  number: `450 13px ${FAMILY}`,
  label: `560 13px ${FAMILY}`,
  column: `560 13px ${FAMILY}`,
  panel: `540 11px ${FAMILY}`,
  tick: `400 10.5px ${FAMILY}`,
  word: `400 13px ${FAMILY}`,
  caption: `400 11px ${FAMILY}`,
  foot: `400 11px ${FAMILY}`,
};
const INK = "#1c1a22";
const DIM = "#625d6e";
const DIMMED: ReadonlySet<TextStyle> = new Set(["subtitle", "number", "panel", "tick", "foot"]);
const PAPER = "#ffffff";
const EDGE = "rgb(127 120 140 / 25%)";
/** Smaller images keep square pixels, as on the page. */
const SMALL = 160;
/** What every browser can hold. */
const MOST_SIDE = 16_384;
const MOST_PIXELS = 200_000_000;

export class TooLarge extends Error {
  override readonly name = "TooLarge";
  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    super(`The picture would have ${width}×${height} pixels.`);
  }
}

/** One pixel of the file for each pixel of the image. */
export function panelPicture(panel: Panel): Promise<Blob> {
  return toPng(canvasOf(panel.width, panel.height, panel.paint));
}

export async function gridPicture(grid: ShownGrid, words: Words, scale: number): Promise<Blob> {
  await document.fonts.load(FONTS.title);
  const ruler = contextOf(new OffscreenCanvas(1, 1));
  const placed = layout(grid, words, (text, style) => {
    ruler.font = FONTS[style];
    return ruler.measureText(text).width;
  });
  return toPng(drawn(placed, scale));
}

function drawn({ width, height, pieces }: Layout, scale: number): OffscreenCanvas {
  const [w, h] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  if (w > MOST_SIDE || h > MOST_SIDE || w * h > MOST_PIXELS) throw new TooLarge(w, h);
  const canvas = new OffscreenCanvas(w, h);
  const context = contextOf(canvas);
  context.scale(scale, scale);
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  for (const piece of pieces) draw(context, piece);
  return canvas;
}

function draw(context: OffscreenCanvasRenderingContext2D, piece: Piece): void {
  const { x, y } = piece;
  switch (piece.kind) {
    case "text":
      context.font = FONTS[piece.style];
      context.fillStyle = piece.ink ?? (DIMMED.has(piece.style) ? DIM : INK);
      context.textAlign = piece.align;
      context.textBaseline = "top";
      context.fillText(piece.text, x, y);
      break;
    case "fill":
      context.fillStyle = piece.fill;
      context.fillRect(x, y, piece.width, piece.height);
      break;
    case "panel": {
      const { panel, width, height, outline } = piece;
      context.imageSmoothingEnabled = Math.max(panel.width, panel.height) > SMALL;
      context.imageSmoothingQuality = "high";
      context.drawImage(canvasOf(panel.width, panel.height, panel.paint), x, y, width, height);
      if (outline !== null) drawOutline(context, outline, piece);
      edge(context, x, y, width, height);
      break;
    }
    case "bar":
      context.imageSmoothingEnabled = true;
      context.drawImage(barCanvas(piece.bar), x, y, piece.width, piece.height);
      edge(context, x, y, piece.width, piece.height);
  }
}

function edge(context: OffscreenCanvasRenderingContext2D, x: number, y: number, width: number, height: number): void {
  context.strokeStyle = EDGE;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
}

function drawOutline(
  context: OffscreenCanvasRenderingContext2D,
  outline: string,
  { x, y, width, height, panel }: Piece & { kind: "panel" },
): void {
  const path = new Path2D();
  path.addPath(new Path2D(outline), new DOMMatrix([width / panel.width, 0, 0, height / panel.height, x, y]));
  for (const [colour, line] of [
    ["rgb(0 0 0 / 75%)", 3.5],
    ["#ffffff", 1.5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.stroke(path);
  }
}

const BAR_LENGTH = 256;

function barCanvas(bar: Bar): OffscreenCanvas {
  return canvasOf(BAR_LENGTH, 1, (out) => paintPanelBar(bar, out));
}

function canvasOf(width: number, height: number, paint: (out: Uint32Array) => void): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = contextOf(canvas);
  const image = context.createImageData(width, height);
  paint(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  return canvas;
}

function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser offers no canvas to draw on.");
  return context;
}

const toPng = (canvas: OffscreenCanvas): Promise<Blob> => canvas.convertToBlob({ type: "image/png" });
