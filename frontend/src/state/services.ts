/** The page's two stores, and how components follow and change them. */

import * as routes from "../api/routes";
import { createFetchingStore, type Fetching } from "./fetching";
import { INITIAL, type Ask, type Browse, type Display } from "./page";
import { createPageStore } from "./pageStore";
import { useStore } from "./store";

const page = createPageStore(window);
export const fetching = createFetchingStore(routes, sessionStorage);

export const changePage = page.change;
export const useAsk = (): Ask => useStore(page, ({ ask }) => ask);
export const useBrowse = (): Browse => useStore(page, ({ browse }) => browse);
export const useDisplay = (): Display => useStore(page, ({ display }) => display);
export const useFetching = (): Fetching => useStore(fetching, (value) => value);

export function resetFilters(): void {
  const { predicted, label, correct, scan, start } = INITIAL.browse;
  changePage({ browse: { predicted, label, correct, scan, start } }, { step: true });
}
