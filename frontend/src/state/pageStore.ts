/** The page's state, kept in step with the address bar. */

import type { Ask, Browse, Display, Page } from "./page";
import { createStore, type Store } from "./store";
import { parse, serialise } from "./url";

export type Change = {
  readonly ask?: Partial<Ask>;
  readonly browse?: Partial<Browse>;
  readonly display?: Partial<Display>;
};

export interface PageStore extends Store<Page> {
  /** `step` makes a place in the history that Back returns to. */
  change: (change: Change, options?: { step?: boolean }) => void;
  close: () => void;
}

/** The parts of `window` that are used. */
export interface Address {
  readonly location: { readonly search: string; readonly pathname: string };
  readonly history: Pick<History, "pushState" | "replaceState">;
  addEventListener: (type: "popstate", listener: () => void) => void;
  removeEventListener: (type: "popstate", listener: () => void) => void;
}

/** Browsers refuse more than about 100 address changes in 30 s; a slider makes more. */
const WRITE_DELAY = 200;

export function createPageStore(address: Address): PageStore {
  const read = (): Page => parse(new URLSearchParams(address.location.search));
  const store = createStore<Page>(read());
  let timer: ReturnType<typeof setTimeout> | undefined;

  const write = (how: "pushState" | "replaceState"): void => {
    clearTimeout(timer);
    timer = undefined;
    const query = serialise(store.get()).toString();
    address.history[how](null, "", address.location.pathname + (query ? `?${query}` : ""));
  };

  const onPopState = (): void => {
    clearTimeout(timer);
    timer = undefined;
    store.set(read());
  };
  address.addEventListener("popstate", onPopState);

  return {
    ...store,
    change: (change, { step = false } = {}) => {
      const page = store.get();
      if (step && timer !== undefined) write("replaceState");
      store.set({
        ask: change.ask ? { ...page.ask, ...change.ask } : page.ask,
        browse: change.browse ? { ...page.browse, ...change.browse } : page.browse,
        display: change.display ? { ...page.display, ...change.display } : page.display,
      });
      if (step) write("pushState");
      else {
        clearTimeout(timer);
        timer = setTimeout(() => write("replaceState"), WRITE_DELAY);
      }
    },
    close: () => {
      clearTimeout(timer);
      address.removeEventListener("popstate", onPopState);
    },
  };
}
