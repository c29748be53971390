/** The page's stores, and how components follow and change them. */

import * as routes from "../api/routes";
import type { Notice } from "../api/types";
import { createFetchingStore, type Fetching } from "./fetching";
import { INITIAL, type Ask, type Browse, type Display } from "./page";
import { createPageStore } from "./pageStore";
import { createPartialStore, partialKey, type PartialMap } from "./partials";
import { browserMemory, tabMemory } from "./storage";
import { createStore, useStore } from "./store";
import { linkTo } from "./url";
import type { View } from "./view";

const page = createPageStore(window, tabMemory, browserMemory);
export const fetching = createFetchingStore(routes, tabMemory);
/** Evaluations of maps, which fill no cell. They are not remembered: asked for again, they come from the store. */
export const evaluations = createFetchingStore(routes, { getItem: () => null, setItem: () => undefined });
/** What the server warns of while it goes on, such as a store that cannot be written. */
export const warnings = createStore<readonly Notice[]>([]);
export const partials = createPartialStore(routes.getPartial);

export const changePage = page.change;
export const openExplorer = page.open;
export const useAsk = (): Ask => useStore(page, ({ ask }) => ask);
export const useBrowse = (): Browse => useStore(page, ({ browse }) => browse);
export const useDisplay = (): Display => useStore(page, ({ display }) => display);
export const useFetched = (): boolean => useStore(page, ({ fetched }) => fetched);
/** The address of the page as it is now, which the address bar follows a moment later. */
export const pageLink = (): string => linkTo(window.location, page.get());
export const useView = (): View => useStore(page, ({ view }) => view);
export const useFetching = (): Fetching => useStore(fetching, (value) => value);

export const useEvaluations = (): Fetching => useStore(evaluations, (value) => value);
export const useWarnings = (): readonly Notice[] => useStore(warnings, (value) => value);
/** The newest estimate of a map, if there is one. */
export const usePartial = (of: { job: string; key: string } | null): PartialMap | null =>
  useStore(partials, (all) => (of ? (all.get(partialKey(of.job, of.key)) ?? null) : null));

export function resetFilters(): void {
  const { predicted, label, correct, scan, start } = INITIAL.browse;
  changePage({ browse: { predicted, label, correct, scan, start } }, { step: true });
}
