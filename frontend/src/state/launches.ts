/** What this tab has asked for, oldest first, and what each cell of the page shows for it. */

import { errorBody } from "../api/errors";
import type { AttributionRequest, ErrorBody, Job, JobItem } from "../api/types";
import { isOver, type Jobs } from "./jobs";

export interface Launch {
  readonly id: number;
  /** Whether Fetch asked, which shows a refusal once, or a single cell, which shows its own. */
  readonly origin: "fetch" | "cell";
  /** Launches of one click. */
  readonly batch: number;
  readonly request: AttributionRequest;
  /** Null until the server has taken it. */
  readonly job: string | null;
  /** Why the server did not take it. */
  readonly error: ErrorBody | null;
}

export interface Cell {
  /** The newest attempt that was neither refused nor cancelled; its target once that is known. */
  readonly latest: { readonly request: AttributionRequest; readonly target: number | null | undefined } | null;
  /** The newest finished map. */
  readonly shown: { readonly request: AttributionRequest; readonly item: JobItem } | null;
  /** What is under way for this cell, if newer. */
  readonly pending: "sending" | "queued" | "running" | null;
  /** Why the newest attempt failed. */
  readonly failure: { readonly request: AttributionRequest; readonly error: ErrorBody } | null;
}

export const EMPTY_CELL: Cell = { latest: null, shown: null, pending: null, failure: null };

export const cellKey = (model: string, sample: number): string => `${sample} ${model}`;

/** By `cellKey`. The newest launch of a cell decides; a cancelled one leaves what was there. */
export function cells(launches: readonly Launch[], jobs: Jobs, explorer: string): ReadonlyMap<string, Cell> {
  const out = new Map<string, Cell>();
  for (const launch of launches) {
    const { request } = launch;
    if (request.explorer !== explorer) continue;
    const job = launch.job === null ? null : (jobs.get(launch.job)?.job ?? null);
    for (const sample of request.samples) {
      const key = cellKey(request.model, sample);
      out.set(key, advance(out.get(key) ?? EMPTY_CELL, launch, job, sample));
    }
  }
  return out;
}

function advance(cell: Cell, { origin, request, error, job: id }: Launch, job: Job | null, sample: number): Cell {
  if (error) return { ...cell, pending: null, failure: origin === "cell" ? { request, error } : cell.failure };
  const waiting = { latest: { request, target: undefined }, shown: cell.shown, failure: null };
  if (!job) return id === null ? { ...waiting, pending: "sending" } : cell;
  const item = job.items.find((candidate) => candidate.sample === sample);
  if (!item) return cell;
  const latest = { request, target: item.target };
  if (item.state === "done") return { latest, shown: { request, item }, pending: null, failure: null };
  // A job may be over before the word about its items is here.
  const state = item.state !== "failed" && isOver(job.state) && job.state !== "done" ? job.state : item.state;
  switch (state) {
    case "failed": {
      const reason = item.error ?? job.error ?? errorBody("failed", "");
      return { latest, shown: cell.shown, pending: null, failure: { request, error: reason } };
    }
    case "queued":
    case "running":
      return { ...waiting, latest, pending: state };
    default:
      return { ...cell, pending: null, failure: null };
  }
}

/** Whether two cells look the same, so that progress elsewhere redraws nothing. */
export function sameCell(a: Cell, b: Cell): boolean {
  return (
    a.pending === b.pending &&
    a.latest?.request === b.latest?.request &&
    a.shown?.item === b.shown?.item &&
    a.shown?.request === b.shown?.request &&
    a.failure?.error === b.failure?.error
  );
}

/** The requests of the newest Fetch that the server did not take. */
export function refused(launches: readonly Launch[]): readonly Launch[] {
  const last = launches.findLast(({ origin }) => origin === "fetch");
  return last ? launches.filter(({ batch, error }) => batch === last.batch && error !== null) : [];
}

export interface Activity {
  /** Launches that are not over. */
  readonly active: readonly Launch[];
  readonly done: number;
  readonly total: number;
  readonly samplesDone: number;
  readonly samplesTotal: number;
  /** What is known of it, summed, since a model's jobs run one after the other; null where nothing is known yet. */
  readonly etaSeconds: number | null;
}

export function activity(launches: readonly Launch[], jobs: Jobs): Activity {
  const active = launches.filter(({ job, error }) => {
    if (error) return false;
    const known = job === null ? undefined : jobs.get(job);
    return job === null || (known !== undefined && !isOver(known.job.state));
  });
  const known = active.flatMap(({ job }) => (job === null ? [] : [jobs.get(job)])).flatMap((t) => (t ? [t.job] : []));
  const sum = (value: (job: Job) => number): number => known.reduce((total, job) => total + value(job), 0);
  const etas = known.flatMap((job) => job.eta_seconds ?? []);
  return {
    active,
    done: sum((job) => job.done),
    total: sum((job) => job.total),
    samplesDone: sum((job) => job.items.filter(({ state }) => isOver(state)).length),
    samplesTotal: active.reduce((total, { request }) => total + request.samples.length, 0),
    etaSeconds: etas.length === 0 ? null : etas.reduce((a, b) => a + b, 0),
  };
}
