/** Samples of one's own among those of the dataset: uploads, and edits of any. */

import type { Sample } from "../api/types";
import type { ColumnRequest } from "./settings";

/** Index of the first sample that is not the dataset's. */
export const FIRST_OWN = 2 ** 30;

export const isOwn = (index: number): boolean => index >= FIRST_OWN;

export function withOwn(own: readonly number[], index: number): readonly number[] {
  return own.includes(index) ? own : [...own, index];
}

export function withoutOwn(own: readonly number[], index: number): readonly number[] {
  return own.filter((other) => other !== index);
}

/** Uploads first, the newest in front; each edit after what it was made of, or in front where that is not shown. */
export function arrange(items: readonly Sample[], own: readonly Sample[]): readonly Sample[] {
  if (own.length === 0) return items;
  const shown = new Set([...items, ...own].map(({ index }) => index));
  const sourceOf = ({ edit }: Sample): number | null => (edit && shown.has(edit.sample) ? edit.sample : null);
  const edits = (source: number): Sample[] => own.filter((sample) => sourceOf(sample) === source).flatMap(withEdits);
  const withEdits = (sample: Sample): Sample[] => [sample, ...edits(sample.index)];
  const first = own.filter((sample) => sourceOf(sample) === null).reverse();
  return [...first, ...items].flatMap(withEdits);
}

/** Requests of at most `most` samples each, which is what the server takes at once. */
export function inParts(requests: readonly ColumnRequest[], most: number): ColumnRequest[] {
  return requests.flatMap(({ column, request }) =>
    Array.from({ length: Math.ceil(request.samples.length / most) }, (_, i) => ({
      column,
      request: { ...request, samples: request.samples.slice(i * most, (i + 1) * most) },
    })),
  );
}

export const IMAGE_TYPES: readonly string[] = [
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/bmp",
  "image/gif",
  "image/tiff",
];

/** What the browser can tell of a file before it is sent; the server looks at its content. */
export function checkFile(
  { size, type }: Pick<File, "size" | "type">,
  mostBytes: number,
): "empty" | "too_large" | "unsupported_type" | null {
  if (type !== "" && !IMAGE_TYPES.includes(type)) return "unsupported_type";
  if (size === 0) return "empty";
  return size > mostBytes ? "too_large" : null;
}
