import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it } from "vitest";

import { forgetOldest } from "./idle";

it("forgets in the order of reading, but nothing that somebody looks at", () => {
  const client = new QueryClient();
  forgetOldest(client);
  client.setQueryData(["result", "first"], 1);
  const stop = new QueryObserver(client, { queryKey: ["result", "first"], enabled: false }).subscribe(() => undefined);
  for (let i = 0; i < 300; i++) client.setQueryData(["result", i], i);
  expect(client.getQueryData(["result", "first"])).toBe(1);
  expect(client.getQueryData(["result", 50])).toBeUndefined();
  expect(client.getQueryData(["result", 299])).toBe(299);
  expect(client.getQueryCache().getAll().length).toBeLessThan(210);
  stop();
});
