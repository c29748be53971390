/** What inputs are compared with: for each a baseline, or several of which the attributions are averaged. */

import type { AttributionRequest, FeatureDescription } from "../api/types";

export type BaselineChoice = NonNullable<AttributionRequest["baseline"]>;

/** Of which one average is taken. */
export const MOST_BASELINES = 16;
/** Of the digits that `OF_SAMPLE` takes. */
export const MOST_NUMBER = 999_999_999;
const LISTED = ",";
const OF_INPUT = "=";
const INPUTS = ";";
const OF_SAMPLE = /^samples?:(\d{1,9})$/;

/** The number in "sample:17", the dataset's 17th, or in "samples:8", its first eight; null for what is neither. */
export function numberIn(name: string): number | null {
  const match = OF_SAMPLE.exec(name);
  return match ? Number(match[1]) : null;
}

/** What is made of a sample itself can also fill a part of it. */
export const isOfSample = (id: string): boolean => id !== "dataset_mean";

export const isSample = (name: string): boolean => /^sample:\d{1,9}$/.test(name);
export const isSamples = (name: string): boolean => /^samples:\d{1,9}$/.test(name);

/** The baselines chosen for one input; its default where the choice names none that it knows. */
export function namesFor(choice: BaselineChoice, { name, baselines = [] }: FeatureDescription): readonly string[] {
  const known = (id: string): boolean => numberIn(id) !== null || baselines.some((one) => one.id === id);
  const usual = baselines[0]?.id ?? "zero";
  if (typeof choice === "object" && !Array.isArray(choice)) return choice[name] ?? [usual];
  const names = typeof choice === "string" ? [choice] : choice;
  return [...new Set(names.map((id) => (known(id) ? id : usual)))];
}

/** The slots whose number is chosen beside them. */
export const ONE_SAMPLE = "sample:";
export const FIRST_SAMPLES = "samples:";

export interface Offered {
  /** Stays the same while its number is changed. */
  readonly slot: string;
  readonly id: string;
}

/** What can be chosen for an input: its own, a sample and the first samples by number, and what else is chosen. */
export function offered(
  { baselines = [] }: FeatureDescription,
  chosen: readonly string[],
  numbers: { readonly sample: number; readonly samples: number },
): Offered[] {
  const choices: Offered[] = [
    ...baselines.map(({ id }) => ({ slot: id, id })),
    { slot: ONE_SAMPLE, id: ONE_SAMPLE + String(numbers.sample) },
    { slot: FIRST_SAMPLES, id: FIRST_SAMPLES + String(numbers.samples) },
  ];
  const known = new Set(choices.map(({ id }) => id));
  return [...choices, ...[...new Set(chosen)].filter((id) => !known.has(id)).map((id) => ({ slot: id, id }))];
}

/** The choice with these names for one input; the others keep theirs. */
export function withNames(
  choice: BaselineChoice,
  features: readonly FeatureDescription[],
  feature: FeatureDescription,
  names: readonly string[],
): BaselineChoice {
  const own = (one: FeatureDescription): string[] => [...(one === feature ? names : namesFor(choice, one))];
  if (features.length > 1) return Object.fromEntries(features.map((one) => [one.name, own(one)]));
  return plainly([...names]);
}

/** A choice as it is written and compared: of a list of one, that one. */
export function plainly(choice: BaselineChoice): BaselineChoice {
  const [only, ...more] = Array.isArray(choice) ? choice : [];
  return only !== undefined && more.length === 0 ? only : choice;
}

/** How many baselines are averaged: of several inputs, every combination. */
export function countBaselines(choice: BaselineChoice, features: readonly FeatureDescription[]): number {
  const count = (names: readonly string[]): number =>
    names.reduce((sum, name) => sum + (isSamples(name) ? (numberIn(name) ?? 1) : 1), 0);
  if (typeof choice === "string") return count([choice]);
  if (Array.isArray(choice)) return count(choice);
  return features.reduce((product, feature) => product * count(namesFor(choice, feature)), 1);
}

/** "black", "black,white", "image=black,white;text=padding" */
export function writeBaseline(choice: BaselineChoice): string {
  if (typeof choice === "string") return choice;
  if (Array.isArray(choice)) return choice.join(LISTED);
  return Object.entries(choice)
    .map(([input, names]) => encodeURIComponent(input) + OF_INPUT + names.join(LISTED))
    .join(INPUTS);
}

/** Null for what is no choice. */
export function readBaseline(value: string | null): BaselineChoice | null {
  if (!value) return null;
  if (!value.includes(OF_INPUT)) return readNames(value);
  const inputs = value.split(INPUTS).map((part) => part.split(OF_INPUT));
  if (inputs.some(([input, names]) => !input || !names)) return null;
  try {
    return Object.fromEntries(inputs.map(([input = "", names = ""]) => [decodeURIComponent(input), listed(names)]));
  } catch {
    return null;
  }
}

const listed = (value: string): string[] => value.split(LISTED).filter((name) => name !== "");

function readNames(value: string): BaselineChoice | null {
  const names = listed(value);
  return names.length > 0 ? plainly(names) : null;
}
