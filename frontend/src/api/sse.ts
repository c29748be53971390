/** The text/event-stream format, from bytes to messages. */

export interface SseMessage {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/**
 * Yields the messages of a stream, those that arrived together as one list. Comment lines (heartbeats) only call
 * `onBytes`, as every chunk does. A message that the end of the stream cuts off is dropped, as the format demands.
 */
export async function* readSse(
  stream: ReadableStream<Uint8Array>,
  onBytes: () => void = () => undefined,
): AsyncGenerator<readonly SseMessage[]> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  let id: string | null = null;
  let event = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      pending += decoder.decode(value, { stream: true });
      // A lone \r at the end may be half of \r\n: wait for what follows.
      const lines = pending.split(/\r\n|\n|\r(?!$)/);
      pending = lines.pop() ?? "";
      const messages: SseMessage[] = [];
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) messages.push({ id, event: event || "message", data: data.join("\n") });
          event = "";
          data = [];
          continue;
        }
        const colon = line.indexOf(":");
        if (colon === 0) continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "data") data.push(text);
        else if (field === "event") event = text;
        else if (field === "id" && !text.includes("\0")) id = text;
      }
      if (messages.length > 0) yield messages;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
