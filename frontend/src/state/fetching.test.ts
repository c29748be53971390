import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError, errorBody } from "../api/errors";
import type { Job } from "../api/types";
import { createFetchingStore, type FetchingStore, type Memory } from "./fetching";
import { columnRequest, description, item, job, sample, Server } from "./fixtures";
import {
  activity,
  busyExplorers,
  cellKey,
  cells,
  createCells,
  cutShort,
  isBefore,
  isForeign,
  refused,
  stampOf,
  type Cell,
} from "./launches";

class Drawer implements Memory {
  content = new Map<string, string>();
  getItem = (key: string): string | null => this.content.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.content.set(key, value);
}

let server: Server;
let drawer: Drawer;
let store: FetchingStore;

beforeEach(() => {
  server = new Server();
  drawer = new Drawer();
  store = createFetchingStore(server, drawer);
});

const cellOf = (sample: number, column = 1): Cell | undefined =>
  cells(store.get().launches, store.get().jobs, "scenes").get(cellKey(column, sample));
const finish = (id: string, sample: number, seq: number, patch: Parameters<typeof item>[2] = {}): void =>
  store.receive({ id: `b-${seq}`, event: { type: "item", job: id, item: item(sample, "done", patch) } });
const end = (id: string, seq: number): void => {
  const { request, ...begun } = server.jobs.get(id)!;
  const over = {
    ...begun,
    request,
    state: "done" as const,
    items: request.samples.map((index) => item(index, "done")),
  };
  store.receive({ id: `b-${seq}`, event: { type: "job", job: over } });
};

describe("fetching", () => {
  it("shows each map as it is finished", async () => {
    const sending = store.launch([columnRequest()], "fetch");
    expect(cellOf(0)?.pending).toBe("sending");
    await sending;
    expect(cellOf(0)?.pending).toBe("queued");
    finish("j1", 0, 1);
    expect(cellOf(0)).toMatchObject({ pending: null, shown: { item: { key: "key0" } } });
    expect(cellOf(1)).toMatchObject({ pending: "queued", shown: null });
  });

  it("keeps the old map while a new one is made, and after that is cancelled", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    finish("j1", 0, 1);
    await store.launch([columnRequest({ samples: [0], method: "saliency" })], "fetch");
    expect(cellOf(0)).toMatchObject({ pending: "queued", shown: { request: { method: "integrated_gradients" } } });
    await store.cancel("scenes");
    expect(cellOf(0)).toMatchObject({
      pending: null,
      failure: null,
      shown: { request: { method: "integrated_gradients" } },
    });
  });

  it("forgets what nothing is seen of any more, and nothing else", async () => {
    const methods = (): string[] => store.get().launches.map(({ request }) => request.method);
    const ask = (method: string, samples: number[], column = 1): Promise<void> =>
      store.launch([{ ...columnRequest({ samples, method }), column }], "fetch");
    await ask("a", [0, 1]);
    end("j1", 1);
    await ask("b", [0]);
    end("j2", 2);
    await ask("c", [1], 2);
    end("j3", 3);
    // Sample 1 of the first column is still the first one's.
    expect(methods()).toEqual(["a", "b", "c"]);
    await ask("d", [1, 0]);
    finish("j4", 1, 5);
    await ask("e", [5]);
    expect(methods()).toEqual(["b", "c", "d", "e"]);
    expect(cellOf(0)).toMatchObject({ pending: "queued", shown: { request: { method: "b" } } });
    end("j4", 6);
    await ask("f", [6]);
    expect(methods()).toEqual(["c", "d", "e", "f"]);
    expect([cellOf(0), cellOf(1), cellOf(1, 2)].map((cell) => cell?.shown?.request.method)).toEqual(["d", "d", "c"]);
  });

  it("keeps what is under way, however long ago it was asked for", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    for (let sample = 1; sample < 300; sample++) {
      await store.launch([columnRequest({ samples: [sample] })], "fetch");
      end(`j${sample + 1}`, sample);
    }
    expect(cellOf(0)?.pending).toBe("queued");
    finish("j1", 0, 1000);
    expect(cellOf(0)?.shown?.item.sample).toBe(0);
  });

  it("cancels those of an explorer that are meant, and no others", async () => {
    await store.launch([columnRequest({ samples: [0] }), columnRequest({ samples: [1], method: "saliency" })], "fetch");
    await store.cancel("scenes", ({ request: { method } }) => method === "saliency");
    expect([...server.jobs.values()].map(({ state }) => state)).toEqual(["queued", "cancelled"]);
    expect(cellOf(0)?.pending).toBe("queued");
    expect(cellOf(1)?.pending).toBeNull();
  });

  it("lets the newest question decide, whichever answer comes last", async () => {
    await store.launch([columnRequest({ samples: [0], target: 1 })], "cell");
    await store.launch([columnRequest({ samples: [0], target: 2 })], "cell");
    finish("j2", 0, 1, { key: "new", target: 2 });
    finish("j1", 0, 2, { key: "old", target: 1 });
    expect(cellOf(0)?.shown?.item.key).toBe("new");
  });

  it("says once why a Fetch was refused, and in the cell why a click was", async () => {
    server.refusal = new ApiError(503, errorBody("queue_full", "The queue is full."));
    await store.launch([columnRequest()], "fetch");
    expect(refused(store.get().launches, "scenes").map(({ error }) => error?.code)).toEqual(["queue_full"]);
    expect(cellOf(0)).toMatchObject({ pending: null, failure: null });
    await store.launch([columnRequest({ samples: [1] })], "cell");
    expect(cellOf(1)?.failure?.error.code).toBe("queue_full");
  });

  it("forgets a refusal with the next Fetch", async () => {
    server.refusal = new ApiError(503, errorBody("queue_full", ""));
    await store.launch([columnRequest()], "fetch");
    server.refusal = null;
    await store.launch([columnRequest()], "fetch");
    expect(refused(store.get().launches, "scenes")).toEqual([]);
  });

  it("shows why one sample failed and keeps the others", async () => {
    await store.launch([columnRequest()], "fetch");
    finish("j1", 0, 1);
    const error = errorBody("worker_lost", "The model's process stopped.");
    store.receive({ id: "b-2", event: { type: "item", job: "j1", item: item(1, "failed", { error }) } });
    expect(cellOf(1)?.failure?.error.message).toBe("The model's process stopped.");
    expect(cellOf(0)?.shown).not.toBeNull();
  });

  it("tells of several jobs when the last of them ends, not how long they would take one after the other", async () => {
    await store.launch([columnRequest(), columnRequest({ model: "b" }, 2)], "fetch");
    store.receive({ id: "b-1", event: { type: "progress", job: "j1", done: 30, total: 100, eta_seconds: 2 } });
    store.receive({ id: "b-2", event: { type: "progress", job: "j2", done: 0, total: 100, eta_seconds: 5 } });
    const { launches, jobs } = store.get();
    expect(activity(launches, jobs, "scenes").etaSeconds).toBe(5);
  });

  it("knows how far everything is", async () => {
    await store.launch([columnRequest(), columnRequest({ model: "b" }, 2)], "fetch");
    store.receive({ id: "b-1", event: { type: "progress", job: "j1", done: 30, total: 100, eta_seconds: 2 } });
    finish("j1", 0, 2);
    const { launches, jobs } = store.get();
    expect(activity(launches, jobs, "scenes")).toMatchObject({
      done: 30,
      total: 200,
      samplesDone: 1,
      samplesTotal: 4,
      etaSeconds: 2,
    });
  });

  it("asks about jobs under way after a gap, and notices those that are lost", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    await store.launch([columnRequest({ samples: [1] })], "fetch");
    server.jobs.set("j1", { ...server.jobs.get("j1")!, state: "done", items: [item(0, "done")] });
    server.jobs.delete("j2");
    await store.reconcile();
    expect(cellOf(0)?.shown?.item.key).toBe("key0");
    expect(cellOf(1)?.failure).toMatchObject({ interrupted: true, error: { code: "interrupted" } });
  });

  it("leaves jobs alone that a snapshot has told about", async () => {
    await store.launch([columnRequest()], "fetch");
    await store.reconcile(new Set(["j1"]));
    expect(server.asked).toEqual([]);
  });

  it("tells that a cancel did not arrive", async () => {
    await store.launch([columnRequest()], "fetch");
    vi.spyOn(server, "cancelJob").mockRejectedValue(new ApiError(0, errorBody("unreachable", "")));
    await store.cancel("scenes");
    expect(store.get().cancelError?.code).toBe("unreachable");
  });

  it("finds its maps again after a reload, but not those the server forgot", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    await store.launch([columnRequest({ samples: [1] })], "fetch");
    server.jobs.set("j1", { ...server.jobs.get("j1")!, state: "done", items: [item(0, "done")] });
    server.jobs.delete("j2");
    store = createFetchingStore(server, drawer);
    await Promise.all([store.restore(), store.restore()]);
    expect(cellOf(0)?.shown?.item.key).toBe("key0");
    expect(cellOf(1)).toBeUndefined();
    expect(store.get().launches).toHaveLength(1);
  });

  it("starts empty where the memory is garbage", async () => {
    drawer.setItem("attriscope.launches", "{[");
    await store.restore();
    expect(store.get().launches).toEqual([]);
  });

  it("keeps the maps of one explorer out of another's", async () => {
    await store.launch([columnRequest()], "fetch");
    expect(cells(store.get().launches, store.get().jobs, "another").size).toBe(0);
  });

  it("leaves the cells alone that an event is not about", async () => {
    const fold = createCells();
    const now = (): ReadonlyMap<string, Cell> => fold(store.get().launches, store.get().jobs, "scenes");
    await store.launch([columnRequest({ samples: [0, 1] })], "fetch");
    const before = now();
    store.receive({ id: "b-9", event: { type: "item", job: "j1", item: item(0, "done") } });
    const after = now();
    expect(after.get(cellKey(1, 0))?.shown?.item.key).toBe("key0");
    expect(before.get(cellKey(1, 0))?.shown).toBeNull();
    expect(after.get(cellKey(1, 1))).toBe(before.get(cellKey(1, 1)));
    expect(now().get(cellKey(1, 0))).toBe(after.get(cellKey(1, 0)));
  });
});

const tell = (seq: number, value: Job): void => store.receive({ id: `b-${seq}`, event: { type: "job", job: value } });

describe("waiting", () => {
  it("tells the place and the time until the job runs", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    const waits = job("j1", { items: [item(0)], position: 3, wait_seconds: 40 });
    tell(1, waits);
    expect(cellOf(0)).toMatchObject({ pending: "queued", place: { position: 3, seconds: 40 } });
    expect(activity(store.get().launches, store.get().jobs, "scenes").place).toEqual({ position: 3, seconds: 40 });
    tell(2, { ...waits, position: 1, wait_seconds: null });
    expect(cellOf(0)?.place).toEqual({ position: 1, seconds: null });
    tell(3, { ...waits, state: "running", position: null, wait_seconds: null });
    expect(cellOf(0)?.place).toBeNull();
    expect(activity(store.get().launches, store.get().jobs, "scenes").place).toBeNull();
  });

  it("tells the first of several places, and none once one of the jobs runs", async () => {
    await store.launch([columnRequest(), columnRequest({ model: "b" }, 2)], "fetch");
    tell(1, { ...server.jobs.get("j1")!, position: 7, wait_seconds: 9 });
    tell(2, { ...server.jobs.get("j2")!, position: 4, wait_seconds: 5 });
    const place = (): unknown => activity(store.get().launches, store.get().jobs, "scenes").place;
    expect(place()).toEqual({ position: 4, seconds: 5 });
    tell(3, { ...server.jobs.get("j2")!, state: "running" });
    expect(place()).toBeNull();
  });

  it("says what the server's end cut short and what is still owed", async () => {
    await store.launch([columnRequest({ samples: [0, 1, 2] })], "fetch");
    tell(1, {
      ...server.jobs.get("j1")!,
      state: "interrupted",
      items: [item(0, "done"), item(1, "interrupted"), item(2)],
    });
    expect(cellOf(0)?.shown?.item.key).toBe("key0");
    expect(cellOf(1)?.failure?.interrupted).toBe(true);
    const owed = cutShort(cells(store.get().launches, store.get().jobs, "scenes"));
    expect(owed.map(({ request: { samples } }) => samples)).toEqual([[1, 2]]);
    await store.launch(owed, "fetch");
    expect(cutShort(cells(store.get().launches, store.get().jobs, "scenes"))).toEqual([]);
    expect(cellOf(2)?.pending).toBe("queued");
  });
});

describe("a busy server", () => {
  const busy = (status: number, seconds: number | null): ApiError =>
    new ApiError(status, errorBody("queue_full", "The queue is full."), seconds);
  const held = (): unknown => activity(store.get().launches, store.get().jobs, "scenes").held;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([429, 503])("is asked again after the time it names (%i), and says why until then", async (status) => {
    server.refusal = busy(status, 5);
    await store.launch([columnRequest()], "fetch");
    expect(held()).toMatchObject({ until: Date.now() + 5000, error: { message: "The queue is full." } });
    expect(cellOf(0)?.pending).toBe("held");
    server.refusal = null;
    await vi.advanceTimersByTimeAsync(4999);
    expect(cellOf(0)?.pending).toBe("held");
    await vi.advanceTimersByTimeAsync(1);
    expect(cellOf(0)?.pending).toBe("queued");
    expect(held()).toBeNull();
    expect(server.jobs.size).toBe(1);
  });

  it("is given up in the end, with the reason", async () => {
    server.refusal = busy(503, 2);
    await store.launch([columnRequest()], "fetch");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(held()).toBeNull();
    expect(refused(store.get().launches, "scenes")).toHaveLength(1);
  });

  it.each([
    [503, null],
    [503, 3600],
    [422, 5],
  ])("is not asked again by itself after %i with Retry-After %s", async (status, seconds) => {
    server.refusal = busy(status, seconds);
    await store.launch([columnRequest()], "fetch");
    expect(held()).toBeNull();
    expect(refused(store.get().launches, "scenes")).toHaveLength(1);
  });

  it("is left alone after a cancel", async () => {
    server.refusal = busy(503, 5);
    await store.launch([columnRequest()], "fetch");
    await store.cancel("scenes");
    server.refusal = null;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.jobs.size).toBe(0);
    expect(cellOf(0)).toBeUndefined();
  });
});

describe("several explorers", () => {
  it("are busy, cancelled and refused each for itself", async () => {
    await store.launch([columnRequest()], "fetch");
    await store.launch([columnRequest({ explorer: "other" })], "fetch");
    const { launches, jobs } = store.get();
    expect(activity(launches, jobs, "other").active).toHaveLength(1);
    expect(busyExplorers(launches, jobs)).toEqual(new Set(["scenes", "other"]));
    await store.cancel("other");
    expect(busyExplorers(store.get().launches, store.get().jobs)).toEqual(new Set(["scenes"]));
    server.refusal = new ApiError(422, errorBody("invalid", ""));
    await store.launch([columnRequest({ explorer: "other" })], "fetch");
    expect(refused(store.get().launches, "scenes")).toEqual([]);
    expect(refused(store.get().launches, "other")).toHaveLength(1);
  });
});

describe("estimates", () => {
  it("are drawn of what runs, bridge the way to the finished map, and stay after a cancel", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    expect(cellOf(0)?.partial).toMatchObject({ job: "j1", key: "key0", cancelled: false });
    await store.cancel("scenes");
    expect(cellOf(0)).toMatchObject({ pending: null, shown: null, partial: { job: "j1", cancelled: true } });
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    expect(cellOf(0)?.partial).toMatchObject({ job: "j2", cancelled: false });
    finish("j2", 0, 1);
    expect(cellOf(0)).toMatchObject({ shown: { item: { key: "key0" } }, partial: { job: "j2", cancelled: false } });
  });

  it("go when the job fails", async () => {
    await store.launch([columnRequest({ samples: [0] })], "fetch");
    tell(1, { ...server.jobs.get("j1")!, state: "failed", items: [item(0, "failed")] });
    expect(cellOf(0)?.partial).toBeNull();
  });
});

describe("stamps", () => {
  it("tell maps of an earlier model and of another input, also after the page was reloaded", async () => {
    const before = stampOf(description(), [{ ...sample(0), sha256: "x" }]);
    await store.launch([columnRequest({ samples: [0] })], "fetch", before);
    server.jobs.set("j1", { ...server.jobs.get("j1")!, state: "done", items: [item(0, "done")] });
    store = createFetchingStore(server, drawer);
    await store.restore();
    const stamp = cellOf(0)?.shown?.stamp ?? null;
    expect(isBefore(stamp, description())).toBe(false);
    expect(isBefore(stamp, description({ fingerprint: "g" }))).toBe(true);
    expect(isForeign(stamp, { ...sample(0), sha256: "x" })).toBe(false);
    expect(isForeign(stamp, { ...sample(0), sha256: "y" })).toBe(true);
    expect(isForeign(stamp, sample(1))).toBe(false);
    expect(isBefore(null, description())).toBe(false);
  });
});
