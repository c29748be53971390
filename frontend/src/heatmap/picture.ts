/** An image file as pixels. */

import { underlay } from "./paint";
import type { Underlying } from "./panel";

export interface Picture extends Underlying {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

export async function decodePicture(file: Blob): Promise<Picture> {
  // The numbers as the server wrote them: no colour management, no premultiplied alpha.
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
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
