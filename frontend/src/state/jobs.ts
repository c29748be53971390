/**
 * The server's jobs as this page knows them: a pure fold over events and replies.
 *
 * Events carry a sequence number, so each part of a job (its header, every item) remembers the newest that touched it
 * and ignores older ones, however they were repeated or reordered. Replies to requests carry none and only ever move
 * a job forwards.
 */

import { errorBody } from "../api/errors";
import type { StreamedEvent } from "../api/stream";
import type { Job, JobItem, JobState } from "../api/types";

export interface Version {
  readonly boot: string;
  readonly seq: number;
}

export interface Tracked {
  readonly job: Job;
  readonly header: Version | null;
  readonly items: readonly (Version | null)[];
}

export type Jobs = ReadonlyMap<string, Tracked>;

export const NO_JOBS: Jobs = new Map();

const RANK: Record<JobState, number> = { queued: 0, running: 1, done: 2, failed: 2, cancelled: 2, interrupted: 2 };

export const isOver = (state: JobState): boolean => RANK[state] === 2;

export function readVersion(id: string): Version {
  const dash = id.lastIndexOf("-");
  const seq = Number(id.slice(dash + 1));
  return { boot: id.slice(0, Math.max(dash, 0)), seq: Number.isFinite(seq) ? seq : 0 };
}

export function isNewer(event: Version, known: Version | null): boolean {
  return known === null || known.boot !== event.boot || event.seq > known.seq;
}

export function applyEvent(jobs: Jobs, { id, event }: StreamedEvent): Jobs {
  const version = readVersion(id);
  switch (event.type) {
    case "snapshot":
      return event.jobs.reduce((all, job) => applyJob(all, job, version), jobs);
    case "job":
      return applyJob(jobs, event.job, version);
    case "item":
      return update(jobs, event.job, (tracked) => applyItem(tracked, event.item, version));
    case "progress":
      return update(jobs, event.job, (tracked) => {
        if (!isNewer(version, tracked.header) || isOver(tracked.job.state)) return tracked;
        const { done, total, eta_seconds } = event;
        return { ...tracked, job: { ...tracked.job, done, total, eta_seconds }, header: version };
      });
    default:
      return jobs;
  }
}

function applyJob(jobs: Jobs, job: Job, version: Version): Jobs {
  const known = jobs.get(job.id);
  if (!known) return put(jobs, { job, header: version, items: job.items.map(() => version) });
  let next = known;
  for (const item of job.items) next = applyItem(next, item, version);
  if (isNewer(version, known.header)) next = { ...next, job: { ...job, items: next.job.items }, header: version };
  return next === known ? jobs : put(jobs, next);
}

function applyItem(tracked: Tracked, item: JobItem, version: Version): Tracked {
  const at = tracked.job.items.findIndex(({ sample }) => sample === item.sample);
  if (at < 0 || !isNewer(version, tracked.items[at] ?? null)) return tracked;
  return {
    ...tracked,
    job: { ...tracked.job, items: tracked.job.items.with(at, item) },
    items: tracked.items.with(at, version),
  };
}

/** A reply to a request may be older than events that overtook it. */
export function applyReply(jobs: Jobs, job: Job): Jobs {
  const known = jobs.get(job.id);
  if (!known) return put(jobs, { job, header: null, items: job.items.map(() => null) });
  const items = known.job.items.map((item) => {
    const reply = job.items.find(({ sample }) => sample === item.sample);
    return reply && RANK[reply.state] > RANK[item.state] ? reply : item;
  });
  const ahead = RANK[job.state] > RANK[known.job.state] || (job.state === known.job.state && isFurther(job, known.job));
  return put(jobs, { ...known, job: { ...(ahead ? job : known.job), items } });
}

/** Of two accounts of a job in the same state: done more, or waits nearer to the front. */
function isFurther(job: Job, known: Job): boolean {
  return job.done > known.done || (job.position !== null && job.position < (known.position ?? Infinity));
}

/** The server no longer knows a job that was not over: it was restarted. */
export function interrupt(jobs: Jobs, id: string): Jobs {
  return update(jobs, id, (tracked) => {
    if (isOver(tracked.job.state)) return tracked;
    const error = errorBody("interrupted", "");
    const items = tracked.job.items.map((item) =>
      isOver(item.state) ? item : { ...item, state: "interrupted" as const, error },
    );
    return { ...tracked, job: { ...tracked.job, state: "interrupted", error, items } };
  });
}

function update(jobs: Jobs, id: string, change: (tracked: Tracked) => Tracked): Jobs {
  const tracked = jobs.get(id);
  if (!tracked) return jobs;
  const next = change(tracked);
  return next === tracked ? jobs : put(jobs, next);
}

function put(jobs: Jobs, tracked: Tracked): Jobs {
  return new Map(jobs).set(tracked.job.id, tracked);
}
