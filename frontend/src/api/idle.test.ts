import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { forgetOldest } from "./idle";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("forgets in the order of reading, but nothing that somebody looks at", () => {
  const client = new QueryClient();
  forgetOldest(client);
  client.setQueryData(["result", "first"], 1);
  const stop = new QueryObserver(client, { queryKey: ["result", "first"], enabled: false }).subscribe(() => undefined);
  for (let i = 0; i < 300; i++) client.setQueryData(["result", i], i);
  vi.advanceTimersByTime(1000);
  expect(client.getQueryData(["result", "first"])).toBe(1);
  expect(client.getQueryData(["result", 99])).toBeUndefined();
  expect(client.getQueryData(["result", 100])).toBe(100);
  expect(client.getQueryCache().getAll()).toHaveLength(201);
  stop();
});

it("forgets what was never read, but not before it can be looked at", () => {
  const client = new QueryClient();
  forgetOldest(client);
  const drawn = Array.from(
    { length: 300 },
    (_, i) => new QueryObserver(client, { queryKey: ["evidence", i], enabled: false }),
  );
  const leave = drawn.map((observer) => observer.subscribe(() => undefined));
  vi.advanceTimersByTime(1000);
  expect(client.getQueryCache().getAll()).toHaveLength(300);
  for (const stop of leave) stop();
  client.setQueryData(["next"], 1);
  vi.advanceTimersByTime(1000);
  expect(client.getQueryCache().getAll()).toHaveLength(200);
});
