import { beforeEach, describe, expect, it, vi } from "vitest";

import { ApiError, errorBody } from "../api/errors";
import type { AttributionRequest, Job } from "../api/types";
import { createFetchingStore, type FetchingStore, type JobRoutes, type Memory } from "./fetching";
import { item, job, request } from "./fixtures";
import { activity, cellKey, cells, refused, type Cell } from "./launches";

class Server implements JobRoutes {
  jobs = new Map<string, Job>();
  asked: string[] = [];
  refusal: ApiError | null = null;

  startJob = (asked: AttributionRequest): Promise<Job> => {
    if (this.refusal) return Promise.reject(this.refusal);
    const made = job(`j${this.jobs.size + 1}`, { request: asked, items: asked.samples.map((sample) => item(sample)) });
    this.jobs.set(made.id, made);
    return Promise.resolve(made);
  };

  getJob = (id: string): Promise<Job> => {
    this.asked.push(id);
    const found = this.jobs.get(id);
    return found ? Promise.resolve(found) : Promise.reject(new ApiError(404, errorBody("not_found", "")));
  };

  cancelJob = (id: string): Promise<Job> => {
    const found = this.jobs.get(id)!;
    const cancelled: Job = {
      ...found,
      state: "cancelled",
      items: found.items.map((one) => (one.state === "done" ? one : { ...one, state: "cancelled" })),
    };
    this.jobs.set(id, cancelled);
    return Promise.resolve(cancelled);
  };
}

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

const cellOf = (sample: number, model = "a"): Cell | undefined =>
  cells(store.get().launches, store.get().jobs, "scenes").get(cellKey(model, sample));
const finish = (id: string, sample: number, seq: number, patch: Parameters<typeof item>[2] = {}): void =>
  store.receive({ id: `b-${seq}`, event: { type: "item", job: id, item: item(sample, "done", patch) } });

describe("fetching", () => {
  it("shows each map as it is finished", async () => {
    const sending = store.launch([request()], "fetch");
    expect(cellOf(0)?.pending).toBe("sending");
    await sending;
    expect(cellOf(0)?.pending).toBe("queued");
    finish("j1", 0, 1);
    expect(cellOf(0)).toMatchObject({ pending: null, shown: { item: { key: "key0" } } });
    expect(cellOf(1)).toMatchObject({ pending: "queued", shown: null });
  });

  it("keeps the old map while a new one is made, and after that is cancelled", async () => {
    await store.launch([request({ samples: [0] })], "fetch");
    finish("j1", 0, 1);
    await store.launch([request({ samples: [0], method: "saliency" })], "fetch");
    expect(cellOf(0)).toMatchObject({ pending: "queued", shown: { request: { method: "integrated_gradients" } } });
    await store.cancel();
    expect(cellOf(0)).toMatchObject({
      pending: null,
      failure: null,
      shown: { request: { method: "integrated_gradients" } },
    });
  });

  it("lets the newest question decide, whichever answer comes last", async () => {
    await store.launch([request({ samples: [0], target: 1 })], "cell");
    await store.launch([request({ samples: [0], target: 2 })], "cell");
    finish("j2", 0, 1, { key: "new", target: 2 });
    finish("j1", 0, 2, { key: "old", target: 1 });
    expect(cellOf(0)?.shown?.item.key).toBe("new");
  });

  it("says once why a Fetch was refused, and in the cell why a click was", async () => {
    server.refusal = new ApiError(503, errorBody("queue_full", "The queue is full."));
    await store.launch([request()], "fetch");
    expect(refused(store.get().launches).map(({ error }) => error?.code)).toEqual(["queue_full"]);
    expect(cellOf(0)).toMatchObject({ pending: null, failure: null });
    await store.launch([request({ samples: [1] })], "cell");
    expect(cellOf(1)?.failure?.error.code).toBe("queue_full");
  });

  it("forgets a refusal with the next Fetch", async () => {
    server.refusal = new ApiError(503, errorBody("queue_full", ""));
    await store.launch([request()], "fetch");
    server.refusal = null;
    await store.launch([request()], "fetch");
    expect(refused(store.get().launches)).toEqual([]);
  });

  it("shows why one sample failed and keeps the others", async () => {
    await store.launch([request()], "fetch");
    finish("j1", 0, 1);
    const error = errorBody("worker_lost", "The model's process stopped.");
    store.receive({ id: "b-2", event: { type: "item", job: "j1", item: item(1, "failed", { error }) } });
    expect(cellOf(1)?.failure?.error.message).toBe("The model's process stopped.");
    expect(cellOf(0)?.shown).not.toBeNull();
  });

  it("knows how far everything is", async () => {
    await store.launch([request(), request({ model: "b" })], "fetch");
    store.receive({ id: "b-1", event: { type: "progress", job: "j1", done: 30, total: 100, eta_seconds: 2 } });
    finish("j1", 0, 2);
    const { launches, jobs } = store.get();
    expect(activity(launches, jobs)).toMatchObject({
      done: 30,
      total: 200,
      samplesDone: 1,
      samplesTotal: 4,
      etaSeconds: 2,
    });
  });

  it("asks about jobs under way after a gap, and notices those that are lost", async () => {
    await store.launch([request({ samples: [0] })], "fetch");
    await store.launch([request({ samples: [1] })], "fetch");
    server.jobs.set("j1", { ...server.jobs.get("j1")!, state: "done", items: [item(0, "done")] });
    server.jobs.delete("j2");
    await store.reconcile();
    expect(cellOf(0)?.shown?.item.key).toBe("key0");
    expect(cellOf(1)?.failure?.error.code).toBe("interrupted");
  });

  it("leaves jobs alone that a snapshot has told about", async () => {
    await store.launch([request()], "fetch");
    await store.reconcile(new Set(["j1"]));
    expect(server.asked).toEqual([]);
  });

  it("tells that a cancel did not arrive", async () => {
    await store.launch([request()], "fetch");
    vi.spyOn(server, "cancelJob").mockRejectedValue(new ApiError(0, errorBody("unreachable", "")));
    await store.cancel();
    expect(store.get().cancelError?.code).toBe("unreachable");
  });

  it("finds its maps again after a reload, but not those the server forgot", async () => {
    await store.launch([request({ samples: [0] })], "fetch");
    await store.launch([request({ samples: [1] })], "fetch");
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
    await store.launch([request()], "fetch");
    expect(cells(store.get().launches, store.get().jobs, "another").size).toBe(0);
  });
});
