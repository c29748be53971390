import { describe, expect, it } from "vitest";

import type { StreamedEvent } from "../api/stream";
import type { Job, JobItem } from "../api/types";
import { item, job } from "./fixtures";
import { applyEvent, applyReply, interrupt, NO_JOBS, readVersion, type Jobs } from "./jobs";

const jobEvent = (id: string, value: Job): StreamedEvent => ({ id, event: { type: "job", job: value } });
const itemEvent = (id: string, value: JobItem): StreamedEvent => ({
  id,
  event: { type: "item", job: "j", item: value },
});
const progress = (id: string, done: number): StreamedEvent => ({
  id,
  event: { type: "progress", job: "j", done, total: 100, eta_seconds: 1 },
});
const fold = (events: StreamedEvent[], from: Jobs = NO_JOBS): Jobs => events.reduce(applyEvent, from);
const states = (jobs: Jobs): string[] => {
  const found = jobs.get("j")?.job;
  return found ? [found.state, ...found.items.map(({ state }) => state)] : [];
};

const STORY: StreamedEvent[] = [
  jobEvent("b-1", job("j")),
  itemEvent("b-2", item(0, "running")),
  jobEvent("b-3", job("j", { state: "running", items: [item(0, "running"), item(1)] })),
  progress("b-4", 50),
  itemEvent("b-5", item(0, "done")),
  itemEvent("b-6", item(1, "running")),
  progress("b-7", 90),
  itemEvent("b-8", item(1, "done")),
  jobEvent("b-9", job("j", { state: "done", done: 100, items: [item(0, "done"), item(1, "done")] })),
];

describe("applyEvent", () => {
  it("follows a job to its end", () => {
    expect(states(fold(STORY.slice(0, 5)))).toEqual(["running", "done", "queued"]);
    expect(states(fold(STORY))).toEqual(["done", "done", "done"]);
  });

  it("ends the same however the events are repeated", () => {
    const doubled = STORY.flatMap((event, i) => [event, ...STORY.slice(0, i + 1)]);
    expect(fold(doubled)).toEqual(fold(STORY));
  });

  it("ends the same however they are reordered after the first", () => {
    const [first, ...rest] = STORY;
    let seed = 5;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let trial = 0; trial < 50; trial++) {
      const shuffled = rest
        .map((event) => ({ event, key: random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ event }) => event);
      expect(states(fold([first!, ...shuffled]))).toEqual(["done", "done", "done"]);
    }
  });

  it("never lets old progress overwrite new", () => {
    const jobs = fold([jobEvent("b-1", job("j")), progress("b-7", 90), progress("b-4", 50)]);
    expect(jobs.get("j")?.job.done).toBe(90);
  });

  it("lets a job go back when the server says so: it is tried a second time", () => {
    const retried = [...STORY.slice(0, 3), jobEvent("b-20", job("j"))];
    expect(states(fold(retried))).toEqual(["queued", "queued", "queued"]);
  });

  it("believes a restarted server, whose numbers begin again", () => {
    const jobs = fold([...STORY.slice(0, 3), jobEvent("c-1", job("j", { state: "failed" }))]);
    expect(states(jobs)[0]).toBe("failed");
  });

  it("takes all jobs of a snapshot and forgets none", () => {
    const snapshot: StreamedEvent = {
      id: "b-3",
      event: { type: "snapshot", explorers: [], warnings: [], jobs: [job("j", { state: "running" })] },
    };
    const jobs = fold([jobEvent("b-1", job("mine")), snapshot]);
    expect([...jobs.keys()].sort()).toEqual(["j", "mine"]);
    expect(states(jobs)[0]).toBe("running");
  });

  it("ignores events about jobs and samples it does not know", () => {
    expect(fold([itemEvent("b-1", item(0, "done")), progress("b-2", 3)])).toBe(NO_JOBS);
    const known = fold(STORY.slice(0, 1));
    expect(fold([itemEvent("b-2", item(99, "done"))], known)).toBe(known);
  });
});

describe("applyReply", () => {
  it("does not undo what events have told already", () => {
    const jobs = applyReply(fold(STORY), job("j"));
    expect(states(jobs)).toEqual(["done", "done", "done"]);
  });

  it("moves a job forwards, item by item", () => {
    const known = fold(STORY.slice(0, 5));
    const jobs = applyReply(known, job("j", { state: "cancelled", items: [item(0, "running"), item(1, "cancelled")] }));
    expect(states(jobs)).toEqual(["cancelled", "done", "cancelled"]);
  });

  it("moves a waiting job towards the front, not back", () => {
    const place = (jobs: Jobs): number | null | undefined => jobs.get("j")?.job.position;
    const known = fold([jobEvent("b-1", job("j", { position: 3 }))]);
    expect(place(applyReply(known, job("j", { position: 2 })))).toBe(2);
    expect(place(applyReply(known, job("j", { position: 5 })))).toBe(3);
    expect(place(applyReply(known, job("j", { state: "running" })))).toBeNull();
  });

  it("makes a job known before any event", () => {
    expect(states(applyReply(NO_JOBS, job("j")))).toEqual(["queued", "queued", "queued"]);
  });
});

describe("interrupt", () => {
  it("ends what was not over and keeps what was", () => {
    const jobs = interrupt(fold(STORY.slice(0, 5)), "j");
    expect(states(jobs)).toEqual(["interrupted", "done", "interrupted"]);
    expect(jobs.get("j")?.job.error?.code).toBe("interrupted");
    const over = fold(STORY);
    expect(interrupt(over, "j")).toBe(over);
  });
});

describe("readVersion", () => {
  it("splits at the last dash and survives nonsense", () => {
    expect(readVersion("a-b-12")).toEqual({ boot: "a-b", seq: 12 });
    expect(readVersion("")).toEqual({ boot: "", seq: 0 });
    expect(readVersion("x-y")).toEqual({ boot: "x", seq: 0 });
  });
});
