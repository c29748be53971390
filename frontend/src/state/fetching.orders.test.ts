/** Fetch, cancel and restore where the server's words come late, in another order, or after very many others. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError, errorBody } from "../api/errors";
import type { AttributionRequest, Job } from "../api/types";
import { checkState, evaluationRequest } from "./evaluations";
import { createFetchingStore, type FetchingStore, type JobRoutes, type Memory } from "./fetching";
import { columnRequest, item, job, request } from "./fixtures";
import { cellKey, cells } from "./launches";

const NO_MEMORY: Memory = { getItem: () => null, setItem: () => undefined };

const done = (id: string, asked: AttributionRequest): Job =>
  job(id, { state: "done", request: asked, items: asked.samples.map((index) => item(index, "done")) });

/** Has done everything before it answers. */
class QuickServer implements JobRoutes {
  jobs = new Map<string, Job>();
  startJob = (asked: AttributionRequest): Promise<Job> => {
    const made = done(`j${this.jobs.size}`, asked);
    this.jobs.set(made.id, made);
    return Promise.resolve(made);
  };
  getJob = (id: string): Promise<Job> => Promise.resolve(this.jobs.get(id)!);
  cancelJob = (id: string): Promise<Job> => Promise.resolve(this.jobs.get(id)!);
}

/** Answers the POST when it is told to, and then runs for ever. */
class SlowServer extends QuickServer {
  answer!: () => void;
  asked = 0;
  private readonly told = new Promise<void>((resolve) => (this.answer = resolve));
  constructor(private readonly refusal: ApiError | null = null) {
    super();
  }
  override startJob = async (asked: AttributionRequest): Promise<Job> => {
    this.asked += 1;
    await this.told;
    if (this.refusal) throw this.refusal;
    const made = job("slow", { state: "running", request: asked });
    this.jobs.set(made.id, made);
    return made;
  };
  override cancelJob = (id: string): Promise<Job> => {
    const ended = { ...this.jobs.get(id)!, state: "cancelled" as const };
    this.jobs.set(id, ended);
    return Promise.resolve(ended);
  };
}

const shown = (store: FetchingStore, column: number, sample: number): boolean => {
  const { launches, jobs } = store.get();
  return cells(launches, jobs, "scenes").get(cellKey(column, sample))?.shown != null;
};
const settle = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await Promise.resolve();
};

describe("after many others", () => {
  it("what was done before the server's reply is finished", async () => {
    const server = new QuickServer();
    const answer = server.startJob;
    let seq = 0;
    server.startJob = async (asked) => {
      const made = await answer(asked);
      store.receive({ id: `b-${++seq}`, event: { type: "job", job: made } });
      return { ...made, state: "queued", items: asked.samples.map((index) => item(index)) };
    };
    const store = createFetchingStore(server, NO_MEMORY);
    for (let sample = 0; sample < 500; sample++) {
      await store.launch([columnRequest({ samples: [sample] })], "fetch");
      expect(shown(store, 1, sample)).toBe(true);
    }
    expect(store.get().launches.length).toBeLessThan(250);
    expect(store.get().jobs.size).toBeLessThan(350);
  });

  it("one faithfulness check does not make another go", async () => {
    const store = createFetchingStore(new QuickServer(), NO_MEMORY);
    const made = { request: request({ samples: [0] }), item: item(0, "done") };
    const checks = [
      evaluationRequest(made, { type: "randomisation", stages: 4, seed: 0 }),
      evaluationRequest(made, { type: "curves", fill: "zero", orders: 5, seed: 0 }),
      evaluationRequest(made, { type: "curves", fill: "blurred", orders: 5, seed: 0 }),
    ];
    for (const check of checks) await store.launch([{ column: 0, request: check }], "cell");
    const { launches, jobs } = store.get();
    expect(checks.map((check) => checkState(launches, jobs, check).phase)).toEqual(["done", "done", "done"]);
  });

  it("the other columns of a sample stay when one of them is asked for again", async () => {
    const store = createFetchingStore(new QuickServer(), NO_MEMORY);
    const columns = Array.from({ length: 8 }, (_, n) => n);
    for (let page = 0; page < 26; page++)
      await store.launch(
        columns.map((column) => ({ column, request: request({ samples: [page] }) })),
        "fetch",
      );
    await store.launch([{ column: 0, request: request({ samples: [0], target: 1 }) }], "cell");
    expect(columns.filter((column) => shown(store, column, 0))).toEqual(columns);
  });
});

describe("cancelled before the server has answered", () => {
  it("the job is ended once it is known", async () => {
    const server = new SlowServer();
    const store = createFetchingStore(server, NO_MEMORY);
    const launching = store.launch([columnRequest()], "fetch");
    await store.cancel("scenes");
    expect(store.get().launches).toEqual([]);
    server.answer();
    await launching;
    await settle();
    expect(server.jobs.get("slow")?.state).toBe("cancelled");
  });

  it("it is not asked for again, though the server asks to wait", async () => {
    vi.useFakeTimers();
    const server = new SlowServer(new ApiError(503, errorBody("no_worker", ""), 1));
    const store = createFetchingStore(server, NO_MEMORY);
    const launching = store.launch([columnRequest()], "fetch");
    await store.cancel("scenes");
    server.answer();
    await launching;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.asked).toBe(1);
    vi.useRealTimers();
  });
});

describe("restoring", () => {
  const entries = Array.from({ length: 64 }, (_, n) => ({
    job: `j${n}`,
    column: 1,
    request: request({ samples: [n] }),
  }));
  let server: QuickServer;
  let content: string;
  const drawer: Memory = { getItem: () => content, setItem: (_, value) => void (content = value) };
  const remembered = (): string[] => (JSON.parse(content) as { job: string }[]).map((entry) => entry.job);

  beforeEach(async () => {
    server = new QuickServer();
    for (const entry of entries) await server.startJob(entry.request);
    content = JSON.stringify(entries);
  });

  it("finds all maps while the snapshot of a session with one more job arrives", async () => {
    let last!: () => void;
    const late = new Promise<void>((resolve) => (last = resolve));
    const getJob = server.getJob;
    server.getJob = async (id) => {
      if (id === "j63") await late;
      return getJob(id);
    };
    const store = createFetchingStore(server, drawer);
    const restoring = store.restore();
    await settle();
    const jobs = [...server.jobs.values(), job("other", { state: "running" })];
    store.receive({ id: "b-1", event: { type: "snapshot", explorers: [], warnings: [], jobs } });
    last();
    await restoring;
    expect(entries.filter((_, n) => !shown(store, 1, n))).toEqual([]);
  });

  it("remembers them though a Fetch came first", async () => {
    content = JSON.stringify(entries.slice(0, 2));
    const store = createFetchingStore(server, drawer);
    const restoring = store.restore();
    await store.launch([columnRequest({ samples: [99] })], "fetch");
    await restoring;
    expect(remembered()).toEqual(["j0", "j1", "j64"]);
  });

  it("forgets what the server has forgotten, not what it could not be asked about", async () => {
    content = JSON.stringify(entries.slice(0, 3));
    server.getJob = (id) =>
      id === "j2"
        ? Promise.resolve(server.jobs.get(id)!)
        : Promise.reject(new ApiError(id === "j0" ? 404 : 503, errorBody("not_found", "")));
    const store = createFetchingStore(server, drawer);
    await store.restore();
    expect(remembered()).toEqual(["j1", "j2"]);
    await store.launch([columnRequest({ samples: [99] })], "fetch");
    expect(remembered()).toEqual(["j1", "j2", "j64"]);
  });
});

describe("with patience", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("takes eight columns one by one from a quota of 30 a minute that is used up", async () => {
    const server = new QuickServer();
    const start = server.startJob;
    let level = 0;
    let filled = Date.now();
    server.startJob = (asked) => {
      level = Math.min(30, level + (Date.now() - filled) / 2000);
      filled = Date.now();
      if (level < 1) return Promise.reject(new ApiError(429, errorBody("quota", ""), Math.ceil((1 - level) * 2)));
      level -= 1;
      return start(asked);
    };
    const store = createFetchingStore(server, NO_MEMORY);
    void store.launch(
      Array.from({ length: 8 }, (_, n) => columnRequest({}, n + 1)),
      "fetch",
    );
    await vi.advanceTimersByTimeAsync(120_000);
    expect(store.get().launches.map(({ job }) => job !== null)).toEqual(Array(8).fill(true));
  });

  it("asks about a job once at a time", async () => {
    const server = new SlowServer();
    const store = createFetchingStore(server, NO_MEMORY);
    server.answer();
    await store.launch([columnRequest()], "fetch");
    let asked = 0;
    server.getJob = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    for (let second = 0; second < 60; second++) void store.reconcile();
    expect(asked).toBe(1);
  });
});
