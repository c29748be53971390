/** Outputs that are maps, functions of the output, several labels, and what inputs are compared with. */

import type { Region } from "../../api/types";
import { plural, quoted } from "./words";

/** "column 3, row 2", "columns 0–2, rows 1–3" */
function place({ left, top, right, bottom }: Region): string {
  const span = (word: string, low: number, high: number): string =>
    low === high ? `${word} ${low}` : `${word}s ${low}–${high}`;
  return `${span("column", left, right - 1)}, ${span("row", top, bottom - 1)}`;
}

export const outputs = {
  place,
  inRegion: (what: string, region: Region) => `${what} in ${place(region)}`,
  explainsRegion: (what: string, region: Region | null) =>
    region === null ? `${what}, its mean over the whole map` : `${what}, its mean in ${place(region)} of the map`,
  explainsFunction: (name: string) => `explains ${quoted(name)}, a function of the model’s output`,
  functionValue: (name: string) => quoted(name),
  functions: "Functions of the output",
  value: "The value",
  functionHelp: "a function of the model’s output that the explorer declares",
  mapHelp: "A click or a drag on the class map explains the class in that place.",
  everywhere: "Whole map",
  region: (region: Region) => `In ${place(region)} of the map`,
  share: "share of the map",

  classMap: "Classes",
  classMapOf: (model: string) => `The class that ${model} reads each place as`,
  surface: "Choose a place of the class map: arrows move, Shift and arrows draw a region, Enter explains it",
  classMapFailed: "The class map could not be loaded.",
  click: "Click a place, or drag over a region, to explain its class.",

  reach: (n: number, of: number, threshold: string) =>
    `${n} of ${of} classes ${plural(n, "reaches", "reach")} ${threshold}`,
  reaches: "predicted",

  several: "Average several",
  averaged: (n: number) => `The map is the mean over ${n} baselines, which takes ${n} times as long.`,
  tooMany: (n: number, most: number) => `${n} baselines would be averaged; at most ${most} can be.`,
  oneSample: "A sample",
  firstSamples: "First samples",
  sampleNumber: "Number of the sample",
  sampleCount: "How many",
  sample: (n: number) => `sample ${n}`,
  samples: (n: number) => `samples 0–${n - 1}`,
  sampleHelp: "That sample of the dataset takes the place of this one.",
  samplesHelp: "Each of the dataset’s first samples in turn; the maps are averaged.",
  baselineOf: (input: string) => `Baseline of ${input}`,
  baselineFor: (input: string, names: string) => `${input}: ${names}`,
  mean: (names: string) => `mean over ${names} baselines`,
  meanOutput: (what: string, baseline: string, n: number, image: string) =>
    `${what} is ${baseline} on the mean of the ${n} baselines and ${image} on the sample.`,
};
