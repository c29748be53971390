/** What is explained of a model: a class, one rather than another, one in a region, or a function of the output. */

import type { JobItem, ModelDescription, Region, Sample, TargetChoice } from "../api/types";

export type ClassChoice = Exclude<TargetChoice, object>;

/** A choice where it is known which classes it stands for: of a contrast, both. Null for a single output. */
export type Resolved = number | string | null | undefined;

/** Of every target that is no function. */
export interface ClassParts {
  readonly of: ClassChoice;
  readonly against: ClassChoice | null;
  /** Of an output that is a map, in its own rows and columns. */
  readonly region: Region | null;
}

const AGAINST = "~";
const IN = "@";
const FUNCTION = "fn:";
const NAMED = ["predicted", "runner_up", "label"] as const;

/** The name of the function that is explained; null for a class. */
export const functionOf = (target: TargetChoice): string | null =>
  typeof target === "object" && "function" in target ? target.function : null;

/** Null for a function. */
export function partsOf(target: TargetChoice): ClassParts | null {
  if (typeof target !== "object") return { of: target, against: null, region: null };
  return "function" in target
    ? null
    : { of: target.of, against: target.against ?? null, region: target.region ?? null };
}

/** The parts as plainly as they can be said. */
export function composed({ of, against, region }: ClassParts): TargetChoice {
  const rival = against === of ? null : against;
  if (rival === null && region === null) return of;
  return { of, ...(rival !== null && { against: rival }), ...(region !== null && { region }) };
}

/** The class in the region that the target was about. */
export const withinRegion = (target: TargetChoice, of: ClassChoice, against: ClassChoice | null = null): TargetChoice =>
  composed({ of, against, region: partsOf(target)?.region ?? null });

/** "3", "predicted", "3~5", "3@0_0_8_8", "fn:margin" */
export function writeTarget(target: TargetChoice): string {
  const parts = partsOf(target);
  // Whatever a function is called, its name holds none of the marks that targets stand between.
  if (!parts) return FUNCTION + encodeURIComponent(functionOf(target) ?? "").replace(/[.~!'()*]/g, hex);
  const { of, against, region } = parts;
  return String(of) + (against === null ? "" : AGAINST + String(against)) + writeRegion(region);
}

const hex = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

export const writeRegion = (region: Region | null): string =>
  region === null ? "" : IN + [region.left, region.top, region.right, region.bottom].join("_");

/** Null for what is no target. */
export function readTarget(value: string | null): TargetChoice | null {
  if (value?.startsWith(FUNCTION)) return readFunction(value.slice(FUNCTION.length));
  const [classes = "", place, ...more] = value?.split(IN) ?? [];
  const parts = classes.split(AGAINST).map(readClass);
  const [of = null, against = null] = parts;
  const region = place === undefined ? null : readRegion(place);
  if (of === null || parts.length > 2 || more.length > 0) return null;
  if (parts.length === 2 && (against === null || of === against)) return null;
  return place !== undefined && region === null ? null : composed({ of, against, region });
}

function readFunction(value: string): TargetChoice | null {
  try {
    const name = decodeURIComponent(value);
    return name ? { function: name } : null;
  } catch {
    return null;
  }
}

function readRegion(value: string): Region | null {
  const match = /^(\d{1,6})_(\d{1,6})_(\d{1,6})_(\d{1,6})$/.exec(value);
  const [left = 0, top = 0, right = 0, bottom = 0] = match?.slice(1).map(Number) ?? [];
  return left < right && top < bottom ? { left, top, right, bottom } : null;
}

export function readClass(value: string): ClassChoice | null {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  return NAMED.find((name) => name === value) ?? null;
}

/** Undefined while it is not known which class is meant. */
export function resolveTarget(
  target: TargetChoice,
  model: ModelDescription | undefined,
  sample: Sample | undefined,
): Resolved {
  const parts = partsOf(target);
  if (!parts) return writeTarget(target);
  const resolve = (choice: ClassChoice): number | null | undefined => resolveClass(choice, model, sample);
  const of = resolve(parts.of);
  const against = parts.against === null ? null : resolve(parts.against);
  return against === undefined ? undefined : resolved(of, of === null ? null : against, parts.region);
}

/** What a map was made for, as `resolveTarget` tells it; `asked` is the request's target. */
export function explainedBy(
  { target, against = null }: Pick<JobItem, "target" | "against">,
  asked: TargetChoice,
): Resolved {
  const parts = partsOf(asked);
  return parts ? resolved(target, against, parts.region) : writeTarget(asked);
}

function resolved(of: number | null | undefined, against: number | null, region: Region | null): Resolved {
  if (of === undefined || (against === null && region === null)) return of;
  return String(of ?? "") + (against === null ? "" : `${AGAINST}${against}`) + writeRegion(region);
}

function resolveClass(
  choice: ClassChoice,
  model: ModelDescription | undefined,
  sample: Sample | undefined,
): number | null | undefined {
  if (model?.outputs === 1) return null;
  if (typeof choice === "number") return choice;
  if (choice === "label") return sample?.label?.index ?? undefined;
  return model && sample?.predictions[model.name]?.[choice === "runner_up" ? 1 : 0]?.index;
}
