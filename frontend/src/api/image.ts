/** A sample's image as pixels. */

import { underlay } from "../heatmap";
import { fetchBytes } from "./routes";

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  /** What overlays lie on. */
  readonly grey: Uint8Array;
}

export async function loadImage(url: string, signal: AbortSignal): Promise<Picture> {
  const blob = await (await fetchBytes(url, signal)).blob();
  // The numbers as the server wrote them: no colour management, no premultiplied alpha.
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("This browser offers no canvas to read an image with.");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, rgba: data, grey: underlay(data) };
  } finally {
    bitmap.close();
  }
}
