import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createPageStore, type Address } from "./pageStore";

class Bar implements Address {
  location = { search: "", pathname: "/prefix/" };
  entries: string[] = ["/prefix/"];
  private listeners = new Set<() => void>();

  history = {
    pushState: (_data: unknown, _title: string, url?: string | URL | null): void => {
      this.entries.push(String(url));
    },
    replaceState: (_data: unknown, _title: string, url?: string | URL | null): void => {
      this.entries[this.entries.length - 1] = String(url);
    },
  };

  addEventListener(_: "popstate", listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_: "popstate", listener: () => void): void {
    this.listeners.delete(listener);
  }

  back(search: string): void {
    this.location.search = search;
    for (const listener of this.listeners) listener();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("createPageStore", () => {
  it("starts from the address", () => {
    const bar = new Bar();
    bar.location.search = "?start=8&method=saliency";
    const { browse, ask } = createPageStore(bar).get();
    expect([browse.start, ask.method]).toEqual([8, "saliency"]);
  });

  it("writes many quick changes once, under the same path", () => {
    const bar = new Bar();
    const store = createPageStore(bar);
    for (let i = 0; i < 50; i++) store.change({ display: { opacity: i / 100 } });
    expect(store.get().display.opacity).toBe(0.49);
    expect(bar.entries).toEqual(["/prefix/"]);
    vi.runAllTimers();
    expect(bar.entries).toEqual(["/prefix/?opacity=0.49"]);
  });

  it("makes a step that Back returns from, without losing what was not written yet", () => {
    const bar = new Bar();
    const store = createPageStore(bar);
    store.change({ display: { outlier: 5 } });
    store.change({ browse: { start: 8 } }, { step: true });
    expect(bar.entries).toEqual(["/prefix/?outlier=5", "/prefix/?start=8&outlier=5"]);
    bar.back("?outlier=5");
    expect(store.get().browse.start).toBe(0);
  });

  it("keeps the parts that did not change", () => {
    const store = createPageStore(new Bar());
    const { ask, browse } = store.get();
    store.change({ display: { size: "large" } });
    expect(store.get().ask).toBe(ask);
    expect(store.get().browse).toBe(browse);
  });

  it("tells its listeners until they leave", () => {
    const store = createPageStore(new Bar());
    const listener = vi.fn();
    const leave = store.subscribe(listener);
    store.change({ browse: { start: 1 } });
    leave();
    store.change({ browse: { start: 2 } });
    expect(listener).toHaveBeenCalledTimes(1);
  });
});
