/** The words of a text and what a map says of each. */

import type { FeatureOf } from "../../api/types";
import { drawnValues } from "../image/drawn";
import type { Drawable } from "../types";

export type TextFeature = FeatureOf<"text">;
export type Word = TextFeature["words"][number];

export interface ValuedWord extends Word {
  /** The sum over its tokens. */
  readonly value: number;
}

const valued = new WeakMap<Float32Array, readonly ValuedWord[]>();

/** Null where the map of the text is missing. */
export function valuedWords(result: Drawable, feature: TextFeature): readonly ValuedWord[] | null {
  const values = drawnValues(result, feature);
  if (!values) return null;
  let words = valued.get(values);
  if (!words) valued.set(values, (words = valueWords(values, feature.words)));
  return words;
}

/** What each word's tokens add. */
export function valueWords(values: Float32Array, words: readonly Word[]): ValuedWord[] {
  return words.map((word) => ({ ...word, value: sum(values, word.start, word.stop) }));
}

function sum(values: Float32Array, start: number, stop: number): number {
  let total = 0;
  for (let at = start; at < stop; at++) total += values[at] ?? 0;
  return total;
}

/** Padding is left out, unless something is attributed to it. */
export const isShown = (word: Word & { readonly value?: number }): boolean =>
  !word.padding || (word.value !== undefined && word.value !== 0);

/** The words with the largest magnitudes, the largest first. */
export function largest(words: readonly ValuedWord[], count: number): ValuedWord[] {
  return words
    .filter(({ value }) => value !== 0)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, count);
}
