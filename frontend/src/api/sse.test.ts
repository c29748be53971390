import { describe, expect, it, vi } from "vitest";

import { streamOf } from "./fixtures";
import { readSse, type SseMessage } from "./sse";

async function read(...pieces: (string | Uint8Array)[]): Promise<SseMessage[]> {
  const out: SseMessage[] = [];
  for await (const messages of readSse(streamOf(...pieces))) out.push(...messages);
  return out;
}

describe("readSse", () => {
  it("reads fields, joins data lines and keeps the last id", async () => {
    expect(await read("id: a-1\nevent: job\ndata: x\ndata:y\n\ndata: z\n\n")).toEqual([
      { id: "a-1", event: "job", data: "x\ny" },
      { id: "a-1", event: "message", data: "z" },
    ]);
  });

  it("does not care where the pieces are cut, not even inside a character", async () => {
    const bytes = new TextEncoder().encode("id: 1\ndata: 猫 'cat'\n\n");
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await read(...pieces)).toEqual([{ id: "1", event: "message", data: "猫 'cat'" }]);
  });

  it("understands all line endings, also cut in half", async () => {
    expect(await read("data: a\r", "\n\r\n", "data: b\r\rdata: c\n\n")).toEqual([
      { id: null, event: "message", data: "a" },
      { id: null, event: "message", data: "b" },
      { id: null, event: "message", data: "c" },
    ]);
  });

  it("ignores comments, and drops what the end cuts off", async () => {
    expect(await read(": beat\n\n", "data: whole\n\n", "data: cut")).toEqual([
      { id: null, event: "message", data: "whole" },
    ]);
  });

  it("gives out together what arrived together", async () => {
    const together: number[] = [];
    const pieces = ["data: a\n\ndata: b\n\ndata: c", "\n\n: beat\n\n", "data: d\n\n"];
    for await (const messages of readSse(streamOf(...pieces))) together.push(messages.length);
    expect(together).toEqual([2, 1, 1]);
  });

  it("reports life for every piece, heartbeats included", async () => {
    const onBytes = vi.fn();
    for await (const message of readSse(streamOf(": beat\n\n", ": beat\n\n"), onBytes)) expect(message).toBeUndefined();
    expect(onBytes).toHaveBeenCalledTimes(2);
  });
});
