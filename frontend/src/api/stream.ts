/** One connection to the server's events: reconnects with back-off, resumes where it stopped, notices silence. */

import { readSse } from "./sse";
import type { ServerEvent } from "./types";

export type ConnectionState = "connecting" | "open" | "lost" | "unauthorised";

export interface StreamedEvent {
  /** `<boot>-<seq>`; the boot changes when the server restarts. */
  readonly id: string;
  readonly event: ServerEvent;
}

export interface StreamOptions {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StreamedEvent) => void;
  readonly onState: (state: ConnectionState) => void;
  /** Where an earlier connection, perhaps another tab's, stopped. */
  readonly lastEventId?: string | null;
  readonly fetch?: typeof fetch;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

const FIRST_DELAY = 250;
const LONGEST_DELAY = 10_000;
/** Three of the server's heartbeats, which come every 15 s. */
export const SILENCE = 45_000;

/** Runs until `signal` aborts. */
export async function followEvents(options: StreamOptions): Promise<void> {
  const { signal, onState, sleep = wait, random = Math.random } = options;
  let last = options.lastEventId ?? null;
  let failures = 0;
  onState("connecting");
  while (!signal.aborted) {
    let refused = false;
    try {
      const outcome = await connectOnce(options, last, (id) => {
        last = id;
        failures = 0;
      });
      refused = outcome === "unauthorised";
    } catch (error) {
      if (signal.aborted) return;
      // A broken connection is this loop's daily bread; a programming error is not.
      if (error instanceof SyntaxError || error instanceof ReferenceError) throw error;
    }
    if (signal.aborted) return;
    onState(refused ? "unauthorised" : "lost");
    const delay = Math.min(FIRST_DELAY * 2 ** failures, LONGEST_DELAY);
    failures = Math.min(failures + 1, 10);
    // Spread out, so that a restarted server does not meet all its pages at once.
    await sleep(refused ? LONGEST_DELAY : delay * (0.75 + 0.5 * random()), signal);
  }
}

async function connectOnce(
  options: StreamOptions,
  last: string | null,
  onId: (id: string) => void,
): Promise<"ended" | "unauthorised"> {
  const attempt = new AbortController();
  const stop = (): void => attempt.abort();
  options.signal.addEventListener("abort", stop, { once: true });
  let silence: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(silence);
    silence = setTimeout(stop, SILENCE);
  };
  try {
    alive();
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (last !== null) headers["Last-Event-ID"] = last;
    const response = await (options.fetch ?? fetch)(options.url, {
      headers,
      signal: attempt.signal,
      cache: "no-store",
    });
    if (response.status === 401 || response.status === 403) return "unauthorised";
    if (!response.ok || !response.body) throw new TypeError(`events answered ${response.status}`);
    options.onState("open");
    for await (const messages of readSse(response.body, alive))
      // Without a pause between them, so that the page is drawn once for all that arrived together.
      for (const { id, data } of messages) {
        const event = parseEvent(data);
        if (id !== null) onId(id);
        if (event) options.onEvent({ id: id ?? "", event });
      }
    return "ended";
  } finally {
    clearTimeout(silence);
    options.signal.removeEventListener("abort", stop);
    attempt.abort();
  }
}

const TYPES = new Set(["snapshot", "explorer", "scan", "job", "item", "progress", "partial", "warnings"]);

/** Unknown kinds of events are skipped: a newer server may send more than this page knows. */
export function parseEvent(data: string): ServerEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : null;
  return typeof type === "string" && TYPES.has(type) ? (value as ServerEvent) : null;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
