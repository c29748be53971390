/** Pixels on the saved page: a canvas, and the bar of a panel's colours. */

import { formatValue } from "../../heatmap";
import { paintPanelBar } from "../bar";
import type { Bar } from "../panels";
import { element } from "./dom";

const BAR_LENGTH = 256;

export function bar(of: Bar): HTMLElement[] {
  const strip = painted(BAR_LENGTH, 1, (out) => paintPanelBar(of, out));
  strip.className = "bar";
  const both = of.low < 0 && of.high > 0;
  const ticks = [formatValue(of.low), ...(both ? ["0"] : []), formatValue(of.high)];
  return [
    strip,
    element(
      "div",
      { className: "ticks" },
      ticks.map((tick) => element("span", { textContent: tick })),
    ),
  ];
}

export function painted(width: number, height: number, paint: (out: Uint32Array) => void): HTMLCanvasElement {
  const canvas = element("canvas", { width, height });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const image = context.createImageData(width, height);
  paint(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  return canvas;
}
