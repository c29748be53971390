/** Fetch, cancel, retry: what the page asks of the server's queue, and what came of it. */

import { ApiError, toErrorBody } from "../api/errors";
import type { StreamedEvent } from "../api/stream";
import type { AttributionRequest, ErrorBody, Job } from "../api/types";
import { applyEvent, applyReply, interrupt, isOver, NO_JOBS, type Jobs } from "./jobs";
import { activity, isActive, superseded, type Hold, type Launch, type Stamp } from "./launches";
import { BLANK } from "./page";
import type { ColumnRequest } from "./settings";
import { createStore, type Store } from "./store";

export interface Fetching {
  readonly launches: readonly Launch[];
  readonly jobs: Jobs;
  /** Why the last cancel did not reach the server. */
  readonly cancelError: ErrorBody | null;
}

/** What is needed of the server. */
export interface JobRoutes {
  startJob: (request: AttributionRequest) => Promise<Job>;
  getJob: (id: string) => Promise<Job>;
  cancelJob: (id: string) => Promise<Job>;
}

/** The part of sessionStorage that is used: a reload of this tab finds its maps again, another tab does not. */
export type Memory = Pick<Storage, "getItem" | "setItem">;

export interface FetchingStore extends Store<Fetching> {
  launch: (requests: readonly ColumnRequest[], origin: Launch["origin"], stamp?: Stamp | null) => Promise<void>;
  /** Ends what is under way for one explorer, or those of it that `which` picks. */
  cancel: (explorer: string, which?: (launch: Launch) => boolean) => Promise<void>;
  receive: (event: StreamedEvent) => void;
  /** Asks the server about every job under way: after a gap in the events, or while there are none. */
  reconcile: (known?: ReadonlySet<string>) => Promise<void>;
  /** Finds again what this tab asked for before it was reloaded. */
  restore: () => Promise<void>;
}

const MEMORY_KEY = "attriscope.launches";
/** Of those that are over. */
const KEPT_LAUNCHES = 200;
/** Of other tabs, once they are over. */
const KEPT_JOBS = 32;
const RESTORED = 64;
/** Seconds that are waited out; whoever is told to wait longer decides for himself. */
const LONGEST_HOLD = 120;
const MOST_ATTEMPTS = 6;

export function createFetchingStore(routes: JobRoutes, memory: Memory): FetchingStore {
  const store = createStore<Fetching>({ launches: [], jobs: NO_JOBS, cancelError: null });
  const change = (patch: Partial<Fetching>): void => store.set({ ...store.get(), ...patch });
  let nextId = 1;
  let restored = false;
  /** Of these the server has not yet said what became of them. */
  let restoring: readonly Remembered[] = [];
  const asking = new Set<string>();

  const changeLaunch = (id: number, patch: Partial<Launch>): void => {
    change({
      launches: store.get().launches.map((launch) => (launch.id === id ? { ...launch, ...patch } : launch)),
    });
    remember(memory, [...restoring, ...store.get().launches]);
  };

  const accept = (job: Job): void => change({ jobs: applyReply(store.get().jobs, job) });

  const isWanted = (id: number): boolean => store.get().launches.some((launch) => launch.id === id);

  const send = async ({ id, request, held }: Launch): Promise<void> => {
    try {
      const job = await routes.startJob(request);
      // Cancelled before the server had taken it.
      if (!isWanted(id)) return void routes.cancelJob(job.id).then(accept, () => undefined);
      accept(job);
      changeLaunch(id, { job: job.id, held: null });
    } catch (error) {
      if (!isWanted(id)) return;
      // A quota is given back bit by bit: whoever is before this one takes the next.
      const ahead = store.get().launches.filter((other) => other.held && other.id < id).length;
      const hold = holdOf(error, held, ahead);
      changeLaunch(id, hold ? { held: hold } : { held: null, error: toErrorBody(error) });
      if (hold) setTimeout(() => resume(id), hold.until - Date.now());
    }
  };

  /** Asks again, unless the launch was cancelled meanwhile. */
  const resume = (id: number): void => {
    const launch = store.get().launches.find((candidate) => candidate.id === id);
    if (launch?.held) void send(launch);
  };

  const ask = async (id: string): Promise<void> => {
    if (asking.has(id)) return;
    asking.add(id);
    try {
      accept(await routes.getJob(id));
    } catch (error) {
      // Unreachable says nothing about the job; unknown means that the server has lost it.
      if (error instanceof ApiError && error.status === 404) change({ jobs: interrupt(store.get().jobs, id) });
    } finally {
      asking.delete(id);
    }
  };

  return {
    ...store,
    launch: async (requests, origin, stamp = null) => {
      const batch = nextId;
      const fresh = requests.map(({ column, request }): Launch => ({
        id: nextId++,
        origin,
        batch,
        column,
        request,
        stamp,
        job: null,
        held: null,
        error: null,
      }));
      const { launches, jobs } = store.get();
      change({ launches: [...newest(launches, jobs, requests), ...fresh], cancelError: null });
      await Promise.all(fresh.map(send));
    },
    cancel: async (explorer, which = () => true) => {
      const { launches, jobs } = store.get();
      const ended = activity(launches, jobs, explorer).active.filter(which);
      const ids = ended.flatMap(({ job }) => job ?? []);
      change({ launches: launches.filter((launch) => launch.job !== null || !ended.includes(launch)) });
      const failures = await Promise.all(
        ids.map((id) =>
          routes.cancelJob(id).then(
            (job) => {
              accept(job);
              return null;
            },
            (error: unknown) => toErrorBody(error),
          ),
        ),
      );
      change({ cancelError: failures.find((failure) => failure !== null) ?? null });
    },
    receive: (event) => {
      const before = store.get();
      const jobs = applyEvent(before.jobs, event);
      if (jobs !== before.jobs) change({ jobs: prune(jobs, [...before.launches, ...restoring]) });
    },
    reconcile: async (known = new Set()) => {
      const { launches, jobs } = store.get();
      const ids = launches.flatMap(({ job }) => {
        const tracked = job === null || known.has(job) ? undefined : jobs.get(job);
        return tracked && !isOver(tracked.job.state) ? [tracked.job.id] : [];
      });
      await Promise.all(ids.map(ask));
    },
    restore: async () => {
      const remembered = restored ? [] : recall(memory);
      restored = true;
      restoring = remembered;
      const unanswered = new Set<Remembered>();
      const found = await Promise.all(
        remembered.map(async (entry): Promise<Launch | null> => {
          const { job, request, stamp = null, column = BLANK.id } = entry;
          try {
            accept(await routes.getJob(job));
            return { id: nextId++, origin: "cell", batch: 0, column, request, stamp, job, held: null, error: null };
          } catch (error) {
            // Forgotten by the server, so there is nothing to show; Fetch brings it back. Otherwise a reload may.
            if (!(error instanceof ApiError) || error.status !== 404) unanswered.add(entry);
            return null;
          }
        }),
      );
      change({ launches: [...found.flatMap((launch) => launch ?? []), ...store.get().launches] });
      restoring = remembered.filter((entry) => unanswered.has(entry));
      remember(memory, [...restoring, ...store.get().launches]);
    },
  };
}

/** How long to wait before asking again, if the server said so and that is worth waiting for. */
function holdOf(error: unknown, before: Hold | null, ahead: number): Hold | null {
  if (!(error instanceof ApiError) || error.retryAfter === null || error.retryAfter > LONGEST_HOLD) return null;
  const seconds = error.retryAfter * (error.status === 429 ? 1 + ahead : 1);
  const attempts = (before?.attempts ?? 0) + 1;
  if ((error.status !== 429 && error.status !== 503) || attempts >= MOST_ATTEMPTS) return null;
  return { error: error.body, until: Date.now() + seconds * 1000, attempts };
}

/** What is on screen stays: other maps of the samples that are asked for. */
function newest(launches: readonly Launch[], jobs: Jobs, asked: readonly ColumnRequest[]): readonly Launch[] {
  const hidden = superseded(launches, jobs);
  const seen = new Set(asked.flatMap(({ request }) => request.samples));
  const over = launches.filter(
    (launch) =>
      !hidden.has(launch) && !isActive(launch, jobs) && !launch.request.samples.some((sample) => seen.has(sample)),
  );
  const oldest = new Set(over.slice(0, Math.max(over.length - KEPT_LAUNCHES, 0)));
  return launches.filter((launch) => !hidden.has(launch) && !oldest.has(launch));
}

/**
 * Jobs of other tabs come by the same events. The newest stay even if they are over: one of them may be this tab's,
 * done before the reply that says so.
 */
function prune(jobs: Jobs, own: readonly Pick<Launch, "job">[]): Jobs {
  if (jobs.size <= own.length + 2 * KEPT_JOBS) return jobs;
  const mine = new Set(own.map(({ job }) => job));
  const others = [...jobs.values()].filter(({ job }) => !mine.has(job.id) && isOver(job.state));
  const kept = new Map(jobs);
  for (const { job } of others.slice(0, Math.max(others.length - KEPT_JOBS, 0))) kept.delete(job.id);
  return kept;
}

interface Remembered {
  readonly job: string;
  readonly column?: number | undefined;
  readonly request: AttributionRequest;
  readonly stamp?: Stamp | null | undefined;
}

function remember(memory: Memory, launches: readonly (Launch | Remembered)[]): void {
  const entries = launches
    .flatMap(({ job, column, request, stamp }): Remembered[] => (job === null ? [] : [{ job, column, request, stamp }]))
    .slice(-RESTORED);
  memory.setItem(MEMORY_KEY, JSON.stringify(entries));
}

function recall(memory: Memory): Remembered[] {
  try {
    const value: unknown = JSON.parse(memory.getItem(MEMORY_KEY) ?? "[]");
    return Array.isArray(value) ? (value as Remembered[]) : [];
  } catch {
    return [];
  }
}
