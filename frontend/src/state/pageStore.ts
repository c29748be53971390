/** The page's state, kept in step with the address bar. */

import { recallDisplay, rememberDisplay } from "./habits";
import { INITIAL, type Ask, type Browse, type Display, type Page } from "./page";
import { createStore, type Store } from "./store";
import { parse, serialise } from "./url";
import { GRID, type View } from "./view";

export type Change = {
  readonly ask?: Partial<Ask>;
  readonly browse?: Partial<Browse>;
  readonly display?: Partial<Display>;
  readonly fetched?: boolean;
  readonly view?: Partial<View>;
};

export interface PageStore extends Store<Page> {
  /** `step` makes a place in the history that Back returns to. */
  change: (change: Change, options?: { step?: boolean }) => void;
  /** Goes to another explorer, as it was left; `first` is the one shown where the address names none. */
  open: (explorer: string, first: string) => void;
  close: () => void;
}

/** The part of sessionStorage and localStorage that is used. */
export type PageMemory = Pick<Storage, "getItem" | "setItem">;

/** The parts of `window` that are used. */
export interface Address {
  readonly location: { readonly search: string; readonly pathname: string };
  readonly history: Pick<History, "pushState" | "replaceState">;
  addEventListener: (type: "popstate", listener: () => void) => void;
  removeEventListener: (type: "popstate", listener: () => void) => void;
}

/** Browsers refuse more than about 100 address changes in 30 s; a slider makes more: its first and its last are written. */
const WRITE_DELAY = 300;
const MEMORY_KEY = "attriscope.page.";

/** `memory` is this tab's, `habits` outlive it. */
export function createPageStore(address: Address, memory: PageMemory, habits: PageMemory | null = null): PageStore {
  const read = (): Page => parse(new URLSearchParams(address.location.search));
  const store = createStore<Page>(read());
  /** Pages of the explorers that were left: whole here, as an address in the memory. */
  const left = new Map<string, Page>();
  let written = store.get();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = (how: "pushState" | "replaceState"): void => {
    written = store.get();
    const parameters = serialise(written);
    // The language of the interface is not part of the page's state, but a link that sets it keeps it.
    const language = new URLSearchParams(address.location.search).get("lang");
    if (language !== null) parameters.set("lang", language);
    const query = parameters.toString();
    address.history[how](null, "", address.location.pathname + (query ? `?${query}` : ""));
  };
  const writeRest = (): void => {
    if (store.get() !== written) write("replaceState");
  };

  if (habits && !address.location.search) {
    const page = store.get();
    store.set({ ...page, display: { ...page.display, ...recallDisplay(habits) } });
    // So that a copy of the address shows what is seen here.
    if (serialise(store.get()).size > 0) write("replaceState");
  }

  const leave = (): void => {
    const page = store.get();
    const explorer = page.ask.explorer ?? "";
    left.set(explorer, page);
    memory.setItem(MEMORY_KEY + explorer, serialise(page).toString());
  };
  const find = (explorer: string): Page | null => {
    const written = memory.getItem(MEMORY_KEY + explorer);
    return left.get(explorer) ?? (written === null ? null : parse(new URLSearchParams(written)));
  };

  const onPopState = (): void => {
    leave();
    store.set(read());
    written = store.get();
  };
  address.addEventListener("popstate", onPopState);

  return {
    ...store,
    change: (change, { step = false } = {}) => {
      const page = store.get();
      if (step) writeRest();
      store.set({
        ask: change.ask ? { ...page.ask, ...change.ask } : page.ask,
        browse: change.browse ? { ...page.browse, ...change.browse } : page.browse,
        display: change.display ? { ...page.display, ...change.display } : page.display,
        fetched: change.fetched ?? page.fetched,
        view: change.view ? { ...page.view, ...change.view } : page.view,
      });
      if (habits && change.display) rememberDisplay(habits, store.get().display);
      if (step) write("pushState");
      // At once, for who reloads at once; then not again until it has been quiet for a while.
      else if (timer === undefined) write("replaceState");
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        writeRest();
      }, WRITE_DELAY);
    },
    open: (explorer, first) => {
      writeRest();
      leave();
      const { display } = store.get();
      const page = find(explorer) ?? (explorer === first ? find("") : null) ?? { ...INITIAL, display };
      store.set({ ...page, ask: { ...page.ask, explorer }, view: GRID });
      write("pushState");
    },
    close: () => {
      clearTimeout(timer);
      address.removeEventListener("popstate", onPopState);
    },
  };
}
