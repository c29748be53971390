import { afterEach, describe, expect, it, vi } from "vitest";

import { streamOf } from "./fixtures";
import { followEvents, parseEvent, SILENCE, type ConnectionState, type StreamedEvent } from "./stream";

const scan = (scanned: number): string =>
  JSON.stringify({ type: "scan", explorer: "scenes", scanned, state: "scanning" });
const message = (id: string, data: string): string => `id: ${id}\nevent: scan\ndata: ${data}\n\n`;

interface Run {
  events: StreamedEvent[];
  states: ConnectionState[];
  /** `Last-Event-ID` of each connection. */
  resumed: (string | null)[];
  delays: number[];
}

/** Follows a server that answers with each reply in turn and then no more. */
async function follow(replies: (() => Promise<Response>)[], lastEventId?: string): Promise<Run> {
  const stop = new AbortController();
  const run: Run = { events: [], states: [], resumed: [], delays: [] };
  await followEvents({
    url: "http://host/api/events",
    signal: stop.signal,
    lastEventId: lastEventId ?? null,
    onEvent: (event) => run.events.push(event),
    onState: (state) => run.states.push(state),
    random: () => 0.5,
    sleep: (ms) => {
      run.delays.push(ms);
      return Promise.resolve();
    },
    fetch: (_, init) => {
      const reply = replies[run.resumed.length];
      run.resumed.push(new Headers(init?.headers).get("Last-Event-ID"));
      if (reply) return reply();
      stop.abort();
      return Promise.reject(new DOMException("aborted", "AbortError"));
    },
  });
  return run;
}

const answer =
  (...pieces: string[]) =>
  () =>
    Promise.resolve(new Response(streamOf(...pieces)));
const refuse = (status: number) => () => Promise.resolve(new Response("", { status }));
const unreachable = () => Promise.reject(new TypeError("fetch failed"));

afterEach(() => {
  vi.useRealTimers();
});

describe("followEvents", () => {
  it("resumes after the last whole event when it is cut", async () => {
    const run = await follow([
      answer(message("b-1", scan(1)), message("b-2", scan(2)), `id: b-3\nevent: scan\ndata: {"type":"sc`),
      answer(message("b-3", scan(3))),
    ]);
    expect(run.resumed).toEqual([null, "b-2", "b-3"]);
    expect(run.events.map(({ id }) => id)).toEqual(["b-1", "b-2", "b-3"]);
    expect(run.states).toEqual(["connecting", "open", "lost", "open", "lost"]);
  });

  it("pauses only between what arrived apart, so that a page is drawn once for the rest", async () => {
    let pauses = 0;
    const told: number[] = [];
    const stop = new AbortController();
    await followEvents({
      url: "http://host/api/events",
      signal: stop.signal,
      onState: () => undefined,
      onEvent: () => {
        told.push(pauses);
        if (told.length === 3) stop.abort();
        void Promise.resolve().then(() => (pauses += 1));
      },
      fetch: answer(message("b-1", scan(1)) + message("b-2", scan(2)), message("b-3", scan(3))),
    });
    expect(told.slice(0, 2)).toEqual([0, 0]);
    expect(told[2]).toBeGreaterThan(0);
  });

  it("starts where another tab stopped", async () => {
    expect((await follow([answer()], "b-7")).resumed[0]).toBe("b-7");
  });

  it("backs off twice as long each time, and starts anew once an event has come", async () => {
    const run = await follow([unreachable, refuse(503), unreachable, answer(message("b-1", scan(1))), unreachable]);
    expect(run.delays).toEqual([250, 500, 1000, 250, 500]);
  });

  it("waits no longer than ten seconds", async () => {
    const run = await follow(Array.from({ length: 12 }, () => unreachable));
    expect(Math.max(...run.delays)).toBe(10_000);
  });

  it("says so when the session has ended, and asks seldom", async () => {
    const run = await follow([refuse(401)]);
    expect(run.states).toEqual(["connecting", "unauthorised"]);
    expect(run.delays).toEqual([10_000]);
  });

  it("skips what it does not understand and goes on after it", async () => {
    const run = await follow([
      answer(message("b-1", "{not json"), message("b-2", '{"type":"novelty"}'), message("b-3", scan(3))),
    ]);
    expect(run.events.map(({ id }) => id)).toEqual(["b-3"]);
    expect(run.resumed[1]).toBe("b-3");
  });

  it("gives up a connection that has fallen silent", async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const states: ConnectionState[] = [];
    let connections = 0;
    const done = followEvents({
      url: "http://host/api/events",
      signal: stop.signal,
      onEvent: () => undefined,
      onState: (state) => states.push(state),
      sleep: () => Promise.resolve(),
      fetch: (_, init) => {
        connections++;
        if (connections > 1) {
          stop.abort();
          return Promise.reject(new DOMException("", "AbortError"));
        }
        const body = new ReadableStream<Uint8Array>({
          start: (controller) =>
            init?.signal?.addEventListener("abort", () => controller.error(new DOMException("", "AbortError"))),
        });
        return Promise.resolve(new Response(body));
      },
    });
    await vi.advanceTimersByTimeAsync(SILENCE - 1);
    expect(connections).toBe(1);
    await vi.advanceTimersByTimeAsync(2);
    await done;
    expect(connections).toBe(2);
    expect(states.slice(0, 3)).toEqual(["connecting", "open", "lost"]);
  });
});

describe("parseEvent", () => {
  it.each(["", "null", "3", '"scan"', "[]", '{"kind":"scan"}'])("refuses %s", (data) => {
    expect(parseEvent(data)).toBeNull();
  });
});
