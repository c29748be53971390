import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { column } from "./fixtures";
import { INITIAL } from "./page";
import { createPageStore, type Address, type PageMemory } from "./pageStore";
import { GRID } from "./view";

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

class Drawer implements PageMemory {
  content = new Map<string, string>();
  getItem = (key: string): string | null => this.content.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.content.set(key, value);
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
    const { browse, ask } = createPageStore(bar, new Drawer()).get();
    expect([browse.start, ask.columns[0]?.method]).toEqual([8, "saliency"]);
  });

  it("writes the first of many quick changes at once and the last when it is quiet, under the same path", () => {
    const bar = new Bar();
    const replace = vi.spyOn(bar.history, "replaceState");
    const store = createPageStore(bar, new Drawer());
    for (let i = 0; i < 50; i++) {
      store.change({ display: { opacity: i / 100 } });
      vi.advanceTimersByTime(20);
    }
    expect(store.get().display.opacity).toBe(0.49);
    expect(bar.entries).toEqual(["/prefix/?opacity=0"]);
    vi.runAllTimers();
    expect(bar.entries).toEqual(["/prefix/?opacity=0.49"]);
    expect(replace).toHaveBeenCalledTimes(2);
  });

  it("does not write over where Back went to", () => {
    const bar = new Bar();
    const replace = vi.spyOn(bar.history, "replaceState");
    const store = createPageStore(bar, new Drawer());
    store.change({ browse: { start: 8 } });
    store.change({ browse: { start: 16 } });
    bar.back("?start=1");
    vi.runAllTimers();
    expect(store.get().browse.start).toBe(1);
    expect(replace).toHaveBeenCalledTimes(1);
  });

  it("makes a step that Back returns from, without losing what was not written yet", () => {
    const bar = new Bar();
    const store = createPageStore(bar, new Drawer());
    store.change({ display: { outlier: 5 } });
    store.change({ browse: { start: 8 } }, { step: true });
    expect(bar.entries).toEqual(["/prefix/?outlier=5", "/prefix/?start=8&outlier=5"]);
    bar.back("?outlier=5");
    expect(store.get().browse.start).toBe(0);
  });

  it("keeps the parts that did not change", () => {
    const store = createPageStore(new Bar(), new Drawer());
    const { ask, browse } = store.get();
    store.change({ display: { size: "large" } });
    expect(store.get().ask).toBe(ask);
    expect(store.get().browse).toBe(browse);
  });

  it("tells its listeners until they leave", () => {
    const store = createPageStore(new Bar(), new Drawer());
    const listener = vi.fn();
    const leave = store.subscribe(listener);
    store.change({ browse: { start: 1 } });
    leave();
    store.change({ browse: { start: 2 } });
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe("open", () => {
  it("keeps the settings of each explorer, and the display of one never seen", () => {
    const bar = new Bar();
    const store = createPageStore(bar, new Drawer());
    store.change({
      ask: { columns: [column({ method: "saliency" })] },
      browse: { start: 8 },
      display: { size: "large" },
    });
    store.open("b", "a");
    expect(store.get()).toMatchObject({
      ask: { explorer: "b", columns: [{ method: null }] },
      browse: { start: 0 },
      display: { size: "large" },
    });
    expect(bar.entries).toEqual(["/prefix/?method=saliency&start=8&size=large", "/prefix/?explorer=b&size=large"]);
    store.change({ ask: { columns: [column({ method: "occlusion" })] } });
    store.open("a", "a");
    expect(store.get()).toMatchObject({
      ask: { explorer: "a", columns: [{ method: "saliency" }] },
      browse: { start: 8 },
    });
    store.open("b", "a");
    expect(store.get().ask.columns[0]?.method).toBe("occlusion");
  });

  it("finds an explorer as it was left by Back, with the arguments of methods not chosen", () => {
    const bar = new Bar();
    const store = createPageStore(bar, new Drawer());
    store.open("b", "a");
    store.change({ ask: { columns: [column({ method: "occlusion", arguments: { lime: { n_samples: 5 } } })] } });
    bar.back("");
    expect(store.get().ask).toMatchObject({ explorer: null, columns: [{ method: null }] });
    store.open("b", "a");
    expect(store.get().ask).toMatchObject({
      columns: [{ method: "occlusion", arguments: { lime: { n_samples: 5 } } }],
    });
  });

  it("remembers after the page was reloaded", () => {
    const drawer = new Drawer();
    const first = createPageStore(new Bar(), drawer);
    first.change({ ask: { columns: [column({ method: "saliency" })] } });
    first.open("b", "a");
    const bar = new Bar();
    bar.location.search = "?explorer=b";
    const second = createPageStore(bar, drawer);
    second.open("a", "a");
    expect(second.get().ask).toMatchObject({ explorer: "a", columns: [{ method: "saliency" }] });
  });

  it("draws as at the last visit where the address says nothing", () => {
    const habits = new Drawer();
    const before = createPageStore(new Bar(), new Drawer(), habits);
    before.change({ display: { panels: ["heat"], scale: "viridis", size: "large", evidence: true, opacity: 0.5 } });
    const bar = new Bar();
    const { display } = createPageStore(bar, new Drawer(), habits).get();
    expect(display).toEqual({ ...INITIAL.display, panels: ["heat"], scale: "viridis", size: "large" });
    expect(bar.entries).toEqual(["/prefix/?panels=heat&scale=viridis&size=large"]);
  });

  it("draws a shared address as it was shared", () => {
    const habits = new Drawer();
    createPageStore(new Bar(), new Drawer(), habits).change({ display: { scale: "viridis" } });
    const bar = new Bar();
    bar.location.search = "?start=8";
    expect(createPageStore(bar, new Drawer(), habits).get().display).toEqual(INITIAL.display);
  });

  it("does without habits that cannot be read or written", () => {
    const broken: PageMemory = {
      getItem: () => {
        throw new Error("forbidden");
      },
      setItem: () => {
        throw new Error("full");
      },
    };
    const store = createPageStore(new Bar(), new Drawer(), broken);
    store.change({ display: { size: "small" } });
    expect(store.get().display).toEqual({ ...INITIAL.display, size: "small" });
  });

  it("opens another explorer at its samples", () => {
    const store = createPageStore(new Bar(), new Drawer());
    store.change({ view: { kind: "detail", sample: 3 } }, { step: true });
    store.open("other", "first");
    expect(store.get().view).toEqual(GRID);
  });
});
