import { describe, expect, it } from "vitest";

import type { StreamedEvent } from "../api/stream";
import type { MapInfo } from "../api/types";
import { heatMap, type HeatMap } from "../heatmap";
import { createPartialStore, partialKey, type PartialStore } from "./partials";

const map = (value: number): HeatMap => heatMap({ shape: [1, 1, 1], data: new Float32Array([value]) });
const info: MapInfo = { feature: "image", shape: [1, 1, 1], interpolation: "nearest", minimum: 0, maximum: 1 };
const event = (seq: number, share: number, key = "k"): StreamedEvent => ({
  id: `b-${seq}`,
  event: { type: "partial", job: "j", sample: 0, key, share, maps: [info] },
});

/** Requests that are answered when the test says so. */
class Server {
  readonly waiting: { url: string; answer: (map: HeatMap) => void; fail: () => void }[] = [];

  load = (job: string, key: string, feature: string): Promise<HeatMap> =>
    new Promise((resolve, reject) => {
      this.waiting.push({
        url: [job, key, feature].join("/"),
        answer: resolve,
        fail: () => reject(new Error("404")),
      });
    });
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const drawn = (store: PartialStore, key = "k"): [number, number | undefined] | null => {
  const found = store.get().get(partialKey("j", key));
  return found ? [found.share, found.maps.image?.maximum] : null;
};

describe("createPartialStore", () => {
  it("reads each estimate that is announced", async () => {
    const server = new Server();
    const store = createPartialStore(server.load);
    store.receive(event(1, 0.2));
    expect(server.waiting.map(({ url }) => url)).toEqual(["j/k/image"]);
    server.waiting[0]?.answer(map(2));
    await settle();
    expect(drawn(store)).toEqual([0.2, 2]);
    store.receive(event(2, 0.4));
    server.waiting[1]?.answer(map(4));
    await settle();
    expect(drawn(store)).toEqual([0.4, 4]);
  });

  it("has one request of a map under way and skips what was overtaken meanwhile", async () => {
    const server = new Server();
    const store = createPartialStore(server.load);
    for (let seq = 1; seq <= 5; seq++) store.receive(event(seq, seq / 10));
    store.receive(event(6, 0.9, "other"));
    expect(server.waiting.map(({ url }) => url)).toEqual(["j/k/image", "j/other/image"]);
    server.waiting[0]?.answer(map(1));
    await settle();
    expect(server.waiting).toHaveLength(3);
    server.waiting[2]?.answer(map(5));
    await settle();
    expect(drawn(store)).toEqual([0.5, 5]);
    expect(server.waiting).toHaveLength(3);
  });

  it("ignores repeated and late events", async () => {
    const server = new Server();
    const store = createPartialStore(server.load);
    store.receive(event(4, 0.8));
    server.waiting[0]?.answer(map(8));
    await settle();
    store.receive(event(4, 0.8));
    store.receive(event(2, 0.3));
    await settle();
    expect(server.waiting).toHaveLength(1);
    expect(drawn(store)).toEqual([0.8, 8]);
  });

  it("keeps what is drawn when an estimate cannot be had, and asks again at the next", async () => {
    const server = new Server();
    const store = createPartialStore(server.load);
    store.receive(event(1, 0.1));
    server.waiting[0]?.answer(map(1));
    await settle();
    store.receive(event(2, 0.2));
    server.waiting[1]?.fail();
    await settle();
    expect(drawn(store)).toEqual([0.1, 1]);
    store.receive(event(3, 0.3));
    server.waiting[2]?.answer(map(3));
    await settle();
    expect(drawn(store)).toEqual([0.3, 3]);
  });

  it("believes a restarted server, whose numbers begin again", async () => {
    const server = new Server();
    const store = createPartialStore(server.load);
    store.receive(event(9, 0.5));
    server.waiting[0]?.answer(map(5));
    await settle();
    store.receive({ ...event(1, 0.1), id: "c-1" });
    server.waiting[1]?.answer(map(1));
    await settle();
    expect(drawn(store)).toEqual([0.1, 1]);
  });

  it("does not grow without bound", async () => {
    const store = createPartialStore(() => Promise.resolve(map(1)));
    for (let i = 0; i < 200; i++) store.receive(event(i + 1, 0.5, `k${i}`));
    await settle();
    expect(store.get().size).toBe(64);
    expect(drawn(store, "k199")).not.toBeNull();
  });
});
