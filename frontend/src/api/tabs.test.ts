import { describe, expect, it } from "vitest";

import type { ConnectionState, StreamedEvent, StreamOptions } from "./stream";
import { shareEvents, type Channel, type Locks } from "./tabs";

/** A browser with one lock and one channel for all its tabs. */
class Browser {
  private readonly channels: Channel[] = [];
  private queue: Promise<void> = Promise.resolve();
  readonly streams: StreamOptions[] = [];

  refusesLocks = false;

  readonly locks: Locks = {
    request: (_, { signal }, hold) => {
      if (this.refusesLocks) return Promise.reject(new DOMException("No locks here.", "SecurityError"));
      const turn = this.queue.then(() => (signal.aborted ? undefined : hold()));
      this.queue = turn;
      return turn;
    },
  };

  channel(): Channel {
    const mine: Channel = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of this.channels)
          if (other !== mine) other.onmessage?.({ data: structuredClone(data) } as MessageEvent);
      },
      close: () => {
        this.channels.splice(this.channels.indexOf(mine), 1);
      },
    };
    this.channels.push(mine);
    return mine;
  }

  tab(): Tab {
    const stop = new AbortController();
    const tab: Tab = { stop, ids: [], states: [] };
    void shareEvents({
      url: "http://host/api/events",
      signal: stop.signal,
      locks: this.locks,
      channel: this.channel(),
      onEvent: ({ id }) => tab.ids.push(id),
      onState: (state) => tab.states.push(state),
      follow: (options) => {
        this.streams.push(options);
        return new Promise((resolve) => options.signal.addEventListener("abort", () => resolve()));
      },
    });
    return tab;
  }
}

interface Tab {
  stop: AbortController;
  ids: string[];
  states: ConnectionState[];
}

const event = (id: string): StreamedEvent => ({
  id,
  event: { type: "scan", explorer: "scenes", scanned: 1, state: "idle" },
});
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("shareEvents", () => {
  it("has a stream of its own where the browser refuses locks", async () => {
    const browser = new Browser();
    browser.refusesLocks = true;
    const tab = browser.tab();
    await settle();
    expect(browser.streams).toHaveLength(1);
    browser.streams[0]?.onEvent(event("1"));
    expect(tab.ids).toEqual(["1"]);
    tab.stop.abort();
    await settle();
  });

  it("opens one stream for all tabs and feeds them from it", async () => {
    const browser = new Browser();
    const tabs = Array.from({ length: 7 }, () => browser.tab());
    await settle();
    expect(browser.streams).toHaveLength(1);
    browser.streams[0]?.onEvent(event("b-1"));
    browser.streams[0]?.onState("open");
    expect(tabs.map(({ ids }) => ids)).toEqual(Array(7).fill(["b-1"]));
    expect(tabs.map(({ states }) => states)).toEqual(Array(7).fill(["open"]));
  });

  it("hands over where it stopped when the leading tab closes", async () => {
    const browser = new Browser();
    const [first, second] = [browser.tab(), browser.tab()];
    await settle();
    browser.streams[0]?.onEvent(event("b-4"));
    first.stop.abort();
    await settle();
    expect(browser.streams).toHaveLength(2);
    expect(browser.streams[1]?.lastEventId).toBe("b-4");
    browser.streams[1]?.onEvent(event("b-5"));
    expect(second.ids).toEqual(["b-4", "b-5"]);
    expect(first.ids).toEqual(["b-4"]);
  });

  it("tells a new tab how things stand", async () => {
    const browser = new Browser();
    browser.tab();
    await settle();
    browser.streams[0]?.onState("lost");
    expect(browser.tab().states).toEqual(["lost"]);
  });

  it("tells a new tab what the server warns of", async () => {
    const browser = new Browser();
    browser.tab();
    await settle();
    const warnings = [{ code: "store_unwritable", message: "Results are kept in memory only." }];
    browser.streams[0]?.onEvent({ id: "b-7", event: { type: "warnings", warnings } });
    expect(browser.tab().ids).toEqual(["b-7"]);
    browser.streams[0]?.onEvent({ id: "b-8", event: { type: "warnings", warnings: [] } });
    expect(browser.tab().ids).toEqual([]);
  });

  it("lets every tab read for itself where there are no locks", async () => {
    const streams: StreamOptions[] = [];
    const follow = (options: StreamOptions): Promise<void> => {
      streams.push(options);
      return Promise.resolve();
    };
    const options = {
      url: "",
      signal: new AbortController().signal,
      onEvent: () => undefined,
      onState: () => undefined,
    };
    await shareEvents({ ...options, locks: null, channel: null, follow });
    await shareEvents({ ...options, locks: null, channel: null, follow });
    expect(streams).toHaveLength(2);
  });
});
