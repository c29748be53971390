/** What this tab has asked for, oldest first, and what each cell of the page shows for it. */

import { errorBody } from "../api/errors";
import type { AttributionRequest, Description, ErrorBody, Job, JobItem, Sample } from "../api/types";
import { isOver, type Jobs } from "./jobs";
import type { ColumnRequest } from "./settings";
import { explainedBy, type Resolved } from "./target";

/** What was loaded when something was asked for: a map belongs to these weights and to this image. */
export interface Stamp {
  readonly fingerprint: string;
  /** SHA-256 by sample. */
  readonly inputs: Readonly<Record<number, string>>;
}

export function stampOf({ fingerprint }: Description, samples: readonly Sample[]): Stamp {
  return { fingerprint, inputs: Object.fromEntries(samples.map(({ index, sha256 }) => [index, sha256])) };
}

/** Whether something was made by what was loaded before. */
export function isBefore(stamp: Stamp | null, { fingerprint }: Description): boolean {
  return stamp !== null && stamp.fingerprint !== fingerprint;
}

/** Whether something was made of another input than this sample's. */
export function isForeign(stamp: Stamp | null, { index, sha256 }: Sample): boolean {
  const known = stamp?.inputs[index];
  return known !== undefined && known !== sha256;
}

/** The server is too busy; it is asked again by itself. */
export interface Hold {
  readonly error: ErrorBody;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly attempts: number;
}

export interface Launch {
  readonly id: number;
  /** Whether Fetch asked, which shows a refusal once, or a single cell, which shows its own. */
  readonly origin: "fetch" | "cell";
  /** Launches of one click. */
  readonly batch: number;
  /** The column that it fills. */
  readonly column: number;
  readonly request: AttributionRequest;
  readonly stamp: Stamp | null;
  /** Null until the server has taken it. */
  readonly job: string | null;
  readonly held: Hold | null;
  /** Why the server did not take it. */
  readonly error: ErrorBody | null;
}

interface Made {
  readonly request: AttributionRequest;
  readonly item: JobItem;
  readonly stamp: Stamp | null;
}

/** The place of a job that waits. */
export interface Place {
  /** 1 is next. */
  readonly position: number;
  readonly seconds: number | null;
}

export interface Cell {
  /** The newest attempt that was neither refused nor cancelled; its target once that is known. */
  readonly latest: (Pick<Made, "request" | "stamp"> & { readonly target: Resolved }) | null;
  /** The newest finished map. */
  readonly shown: Made | null;
  /** What is under way for this cell, if newer. */
  readonly pending: "sending" | "held" | "queued" | "running" | null;
  /** Where `pending` is 'queued' and the server has said so. */
  readonly place: Place | null;
  /** Whose estimate may be drawn while the map is not there, or in its stead where it was cancelled. */
  readonly partial: (Made & { readonly job: string; readonly key: string; readonly cancelled: boolean }) | null;
  /** Why the newest attempt failed, or that the server stopped before its end. */
  readonly failure: {
    readonly request: AttributionRequest;
    readonly error: ErrorBody;
    readonly interrupted: boolean;
  } | null;
}

export const EMPTY_CELL: Cell = {
  latest: null,
  shown: null,
  pending: null,
  place: null,
  partial: null,
  failure: null,
};

export const cellKey = (column: number, sample: number): string => `${sample} ${column}`;

export function cellOf(all: ReadonlyMap<string, Cell>, column: number, sample: number): Cell {
  return all.get(cellKey(column, sample)) ?? EMPTY_CELL;
}

/** By `cellKey`. The newest launch of a cell decides; a cancelled one leaves what was there. */
export function cells(launches: readonly Launch[], jobs: Jobs, explorer: string): ReadonlyMap<string, Cell> {
  const out = new Map<string, Cell>();
  for (const launch of launches) {
    const { request } = launch;
    if (request.explorer !== explorer) continue;
    const job = launch.job === null ? null : (jobs.get(launch.job)?.job ?? null);
    for (const sample of request.samples) {
      const key = cellKey(launch.column, sample);
      out.set(key, advance(out.get(key) ?? EMPTY_CELL, launch, job, sample));
    }
  }
  return out;
}

/** `cells` for somebody who asks again and again: a cell that looks as before is the same object as before. */
export function createCells(): typeof cells {
  let known: ReadonlyMap<string, Cell> = new Map();
  return (...asked) => {
    const next = new Map<string, Cell>();
    for (const [key, cell] of cells(...asked)) {
      const before = known.get(key);
      next.set(key, before && sameCell(before, cell) ? before : cell);
    }
    known = next;
    return next;
  };
}

function advance(cell: Cell, launch: Launch, job: Job | null, sample: number): Cell {
  const { origin, request, error, job: id, stamp, held } = launch;
  if (error)
    return {
      ...cell,
      pending: null,
      failure: origin === "cell" ? { request, error, interrupted: false } : cell.failure,
    };
  const waiting = { ...EMPTY_CELL, latest: { request, stamp, target: undefined }, shown: cell.shown };
  if (!job) return id === null ? { ...waiting, pending: held ? "held" : "sending" } : cell;
  const item = job.items.find((candidate) => candidate.sample === sample);
  if (!item) return cell;
  const made: Made = { request, item, stamp };
  const latest = { request, stamp, target: explainedBy(item, request.target) };
  const partial = item.key === null ? null : { ...made, job: job.id, key: item.key, cancelled: false };
  if (item.state === "done") return { ...EMPTY_CELL, latest, shown: made, partial };
  // A job may be over before the word about its items is here.
  const state = item.state !== "failed" && isOver(job.state) && job.state !== "done" ? job.state : item.state;
  const settled = { ...EMPTY_CELL, latest, shown: cell.shown };
  switch (state) {
    case "failed":
      return { ...settled, failure: failureOf(request, item, job, "failed") };
    case "interrupted":
      return { ...settled, latest: cell.latest, failure: failureOf(request, item, job, "interrupted") };
    case "queued":
    case "running":
      return { ...settled, pending: state, place: state === "queued" ? placeOf(job) : null, partial };
    default:
      return {
        ...settled,
        latest: cell.latest,
        partial: partial ? { ...partial, cancelled: true } : cell.partial,
      };
  }
}

function failureOf(
  request: AttributionRequest,
  item: JobItem,
  job: Job,
  state: "failed" | "interrupted",
): Cell["failure"] {
  return { request, error: item.error ?? job.error ?? errorBody(state, ""), interrupted: state === "interrupted" };
}

function placeOf({ position, wait_seconds }: Job): Place | null {
  return position === null ? null : { position, seconds: wait_seconds };
}

/** Whether two cells look the same, so that progress elsewhere redraws nothing. */
function sameCell(a: Cell, b: Cell): boolean {
  return (
    a.pending === b.pending &&
    a.place?.position === b.place?.position &&
    a.place?.seconds === b.place?.seconds &&
    a.latest?.request === b.latest?.request &&
    a.latest?.target === b.latest?.target &&
    a.shown?.item === b.shown?.item &&
    a.shown?.request === b.shown?.request &&
    a.partial?.item === b.partial?.item &&
    a.partial?.cancelled === b.partial?.cancelled &&
    a.failure?.error === b.failure?.error
  );
}

/** Requests of an explorer that the server's end cut short, each with the samples that it still owes. */
export function cutShort(all: ReadonlyMap<string, Cell>): ColumnRequest[] {
  const owed = new Map<AttributionRequest, { column: number; samples: Set<number> }>();
  for (const [key, { failure }] of all) {
    if (!failure?.interrupted) continue;
    const [sample = NaN, column = NaN] = key.split(" ").map(Number);
    const samples = owed.get(failure.request)?.samples ?? new Set();
    owed.set(failure.request, { column, samples: samples.add(sample) });
  }
  return [...owed].map(([request, { column, samples }]) => ({
    column,
    request: { ...request, samples: request.samples.filter((s) => samples.has(s)) },
  }));
}

/** The requests of an explorer's newest Fetch that the server did not take. */
export function refused(launches: readonly Launch[], explorer: string): readonly Launch[] {
  const mine = launches.filter(({ request }) => request.explorer === explorer);
  const last = mine.findLast(({ origin }) => origin === "fetch");
  return last ? mine.filter(({ batch, error }) => batch === last.batch && error !== null) : [];
}

export interface Activity {
  /** Launches that are not over. */
  readonly active: readonly Launch[];
  readonly done: number;
  readonly total: number;
  readonly samplesDone: number;
  readonly samplesTotal: number;
  /** Until the last of them ends, waiting included; null where nothing is known yet. */
  readonly etaSeconds: number | null;
  /** While all of them wait: the place of the first. */
  readonly place: Place | null;
  /** While the server takes none of them: the one that it is asked for next. */
  readonly held: Hold | null;
}

/** Those whose every cell shows what a later one brought: nothing of them is seen any more. */
export function superseded(launches: readonly Launch[], jobs: Jobs): ReadonlySet<Launch> {
  const found = new Set<Launch>();
  const brought = new Set<string>();
  for (const launch of launches.toReversed()) {
    const { column, request, job } = launch;
    // Evaluations fill no cell: each is shown for itself.
    const whose = request.evaluation ? JSON.stringify(request) : request.explorer;
    const key = (sample: number): string => `${cellKey(column, sample)} ${whose}`;
    if (!isActive(launch, jobs) && request.samples.every((sample) => brought.has(key(sample)))) found.add(launch);
    for (const { sample, state } of jobs.get(job ?? "")?.job.items ?? [])
      if (state === "done") brought.add(key(sample));
  }
  return found;
}

export function isActive({ job, error }: Launch, jobs: Jobs): boolean {
  if (error) return false;
  const known = job === null ? undefined : jobs.get(job);
  return job === null || (known !== undefined && !isOver(known.job.state));
}

export function activity(launches: readonly Launch[], jobs: Jobs, explorer: string): Activity {
  const active = launches.filter((launch) => launch.request.explorer === explorer && isActive(launch, jobs));
  const known = active.flatMap(({ job }) => (job === null ? [] : [jobs.get(job)])).flatMap((t) => (t ? [t.job] : []));
  const sum = (value: (job: Job) => number): number => known.reduce((total, job) => total + value(job), 0);
  const etas = known.flatMap((job) => job.eta_seconds ?? []);
  const places = known.flatMap((job) => (job.state === "queued" ? (placeOf(job) ?? []) : []));
  const holds = active.flatMap(({ held }) => held ?? []);
  const waits = known.length > 0 && places.length === known.length;
  return {
    active,
    done: sum((job) => job.done),
    total: sum((job) => job.total),
    samplesDone: sum((job) => job.items.filter(({ state }) => state === "done").length),
    samplesTotal: active.reduce((total, { request }) => total + request.samples.length, 0),
    etaSeconds: etas.length === 0 ? null : Math.max(...etas),
    place: waits ? places.reduce((a, b) => (b.position < a.position ? b : a)) : null,
    held: known.length === 0 && holds.length > 0 ? holds.reduce((a, b) => (b.until < a.until ? b : a)) : null,
  };
}

/** Explorers with something under way. */
export function busyExplorers(launches: readonly Launch[], jobs: Jobs): ReadonlySet<string> {
  const ids = new Set(launches.map(({ request }) => request.explorer));
  return new Set([...ids].filter((id) => activity(launches, jobs, id).active.length > 0));
}
