/** Whether a cell shows what the present settings would bring. */

import type { AttributionRequest, Description, Sample } from "../api/types";
import { isBefore, type Cell } from "./launches";
import { buildRequest, settingsKey, targetFor, type Settings } from "./settings";
import { explainedBy, resolveTarget, writeTarget, type Resolved } from "./target";

/** 'missing': nothing was asked for yet, or it failed. 'reloaded': the same, but of what was loaded before. */
export type Freshness = "missing" | "changed" | "reloaded" | "fresh";

export interface Wanted {
  readonly description: Description;
  readonly settings: Settings;
}

export function cellFreshness(cell: Cell, wanted: Wanted, sample: Sample): Freshness {
  return cell.latest ? judge(cell, wanted, sample).freshness : "missing";
}

/** Whether a finished map was made with the present settings. */
export function isCurrent(cell: Cell, wanted: Wanted, sample: Sample): boolean {
  return cell.shown !== null && judge(cell, wanted, sample).current;
}

interface Judged extends Wanted {
  readonly cell: Cell;
  readonly freshness: Freshness;
  readonly current: boolean;
}

/** By column. Every cell of the page is judged whenever one of them changes; what was judged goes with the sample. */
const judged = new WeakMap<Sample, Map<number, Judged>>();

function judge(cell: Cell, wanted: Wanted, sample: Sample): Judged {
  const { description, settings } = wanted;
  const columns = judged.get(sample) ?? new Map<number, Judged>();
  judged.set(sample, columns);
  const known = columns.get(settings.id);
  if (known?.cell === cell && known.settings === settings && known.description === description) return known;
  const fresh = {
    ...wanted,
    cell,
    freshness: freshnessOf(cell, wanted, sample),
    current: madeSo(cell, wanted, sample),
  };
  columns.set(settings.id, fresh);
  return fresh;
}

function freshnessOf(cell: Cell, wanted: Wanted, sample: Sample): Freshness {
  if (!cell.latest) return "missing";
  const { request, target, stamp } = cell.latest;
  if (!sameSettings(request, target, wanted, sample)) return "changed";
  if (isBefore(stamp, wanted.description)) return "reloaded";
  return cell.failure ? "missing" : "fresh";
}

function madeSo({ shown }: Cell, wanted: Wanted, sample: Sample): boolean {
  return shown !== null && sameSettings(shown.request, explainedBy(shown.item, shown.request.target), wanted, sample);
}

function sameSettings(
  request: AttributionRequest,
  target: Resolved,
  { description, settings }: Wanted,
  sample: Sample,
): boolean {
  const choice = targetFor(settings, sample.index);
  const wantedTarget = resolveTarget(choice, settings.model, sample);
  const known = target !== undefined && wantedTarget !== undefined;
  if (!known && writeTarget(request.target) !== writeTarget(choice)) return false;
  const method = description.methods.find(({ id }) => id === request.method);
  const wanted = buildRequest(settings, [sample.index], choice);
  return (
    settingsKey(request, method, known ? target : null) ===
    settingsKey(wanted, settings.method, known ? wantedTarget : null)
  );
}

/** Of all cells shown: one that is out of date says so; all must be fresh to be fresh. */
export function overall(each: readonly Freshness[]): Freshness {
  for (const outdated of ["changed", "reloaded"] as const) if (each.includes(outdated)) return outdated;
  return each.length > 0 && each.every((one) => one === "fresh") ? "fresh" : "missing";
}
