/** The class that is explained, or one class rather than another. */

import type { JobItem, ModelDescription, Sample, TargetChoice } from "../api/types";

export type Contrast = Extract<TargetChoice, object>;
export type ClassChoice = Exclude<TargetChoice, Contrast>;

/** A choice where it is known which classes it stands for: of a contrast, both. Null for a single output. */
export type Resolved = number | string | null | undefined;

const AGAINST = "~";
const NAMED = ["predicted", "runner_up", "label"] as const;

export const isContrast = (target: TargetChoice): target is Contrast => typeof target === "object";

/** "3", "predicted", "3~5" */
export function writeTarget(target: TargetChoice): string {
  return isContrast(target) ? `${target.of}${AGAINST}${target.against}` : String(target);
}

/** Null for what is no target. */
export function readTarget(value: string | null): TargetChoice | null {
  const parts = value?.split(AGAINST).map(readClass) ?? [];
  const [of = null, against = null] = parts;
  if (of === null || parts.length > 2) return null;
  if (parts.length === 1) return of;
  return against === null || of === against ? null : { of, against };
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
  if (!isContrast(target)) return resolveClass(target, model, sample);
  const [of, against] = [resolveClass(target.of, model, sample), resolveClass(target.against, model, sample)];
  if (of === null) return null;
  return of === undefined || typeof against !== "number" ? undefined : `${of}${AGAINST}${against}`;
}

/** What a map was made for, as `resolveTarget` tells it. */
export function explainedBy({ target, against = null }: Pick<JobItem, "target" | "against">): Resolved {
  return against === null ? target : `${target}${AGAINST}${against}`;
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
