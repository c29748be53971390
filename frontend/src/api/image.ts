/** A sample's image as pixels. */

import { decodePicture, type Picture } from "../heatmap";
import { fetchBytes } from "./routes";

export type { Picture };

export async function loadImage(url: string, signal: AbortSignal): Promise<Picture> {
  return decodePicture(await (await fetchBytes(url, signal)).blob());
}
