/**
 * One event stream for all tabs of a session: browsers allow six connections per host.
 *
 * The tab that holds the lock reads the stream and passes everything on; when it closes, the next one takes over
 * where it stopped. Without Web Locks (plain http on another machine) every tab reads for itself.
 */

import { followEvents, type ConnectionState, type StreamedEvent, type StreamOptions } from "./stream";
import type { Notice } from "./types";

type Broadcast =
  | { kind: "event"; event: StreamedEvent }
  | { kind: "state"; state: ConnectionState }
  /** A new tab asks the leader how things stand: it is told the connection's state and the server's warnings. */
  | { kind: "hello" };

export interface Channel {
  postMessage: (message: unknown) => void;
  onmessage: ((message: MessageEvent) => void) | null;
  close: () => void;
}

export interface Locks {
  request: (name: string, options: { signal: AbortSignal }, hold: () => Promise<void>) => Promise<unknown>;
}

export interface SharedStreamOptions extends Pick<StreamOptions, "url" | "signal" | "onEvent" | "onState"> {
  readonly locks?: Locks | null;
  readonly channel?: Channel | null;
  readonly follow?: typeof followEvents;
}

export async function shareEvents(options: SharedStreamOptions): Promise<void> {
  const { url, signal, onEvent, onState, follow = followEvents } = options;
  const { locks = browserLocks(), channel = browserChannel(url) } = options;
  if (!locks || !channel) return follow({ url, signal, onEvent, onState });

  let leading = false;
  let state: ConnectionState = "connecting";
  let last: string | null = null;
  let warnings: Notice[] = [];
  const post = (message: Broadcast): void => channel.postMessage(message);

  channel.onmessage = ({ data }: MessageEvent) => {
    const message = data as Broadcast;
    if (message.kind === "hello") {
      if (!leading) return;
      post({ kind: "state", state });
      if (warnings.length > 0)
        post({ kind: "event", event: { id: last ?? "", event: { type: "warnings", warnings } } });
    } else if (leading) {
      return;
    } else if (message.kind === "event") {
      last = message.event.id;
      onEvent(message.event);
    } else {
      state = message.state;
      onState(state);
    }
  };

  try {
    post({ kind: "hello" });
    await locks.request(`events ${url}`, { signal }, async () => {
      leading = true;
      await follow({
        url,
        signal,
        lastEventId: last,
        onEvent: (event) => {
          last = event.id;
          if ("warnings" in event.event) warnings = event.event.warnings;
          onEvent(event);
          post({ kind: "event", event });
        },
        onState: (next) => {
          state = next;
          onState(next);
          post({ kind: "state", state: next });
        },
      });
    });
  } catch (error) {
    if (signal.aborted) return;
    if (leading) throw error;
    // A frame of another site may be refused locks: it has a stream of its own, then.
    channel.onmessage = null;
    await follow({ url, signal, onEvent, onState });
  } finally {
    channel.onmessage = null;
    channel.close();
  }
}

function browserLocks(): Locks | null {
  return "locks" in navigator ? navigator.locks : null;
}

function browserChannel(url: string): Channel | null {
  return "BroadcastChannel" in globalThis ? new BroadcastChannel(`events ${url}`) : null;
}
