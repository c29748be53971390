/** One sample looked at: which, what is missing where it is not there, and how to get to the next. */

import { useEffect } from "react";

import { isGrowing } from "../api/queries";
import type { Sample } from "../api/types";
import { isOwn } from "../state/own";
import { isFiltered } from "../state/page";
import { changePage, useBrowse, useView } from "../state/services";
import { GRID, type ViewKind } from "../state/view";
import { useShown, useSubject } from "./workspace";

export function look(kind: Exclude<ViewKind, "grid">, sample: number | null): void {
  changePage({ view: { kind, sample, place: null } }, { step: true });
}

export function lookAtAll(): void {
  changePage({ view: GRID }, { step: true });
}

export interface Steps {
  readonly previous: (() => void) | null;
  readonly next: (() => void) | null;
}

/** Whether numbers and places are the same. */
function usePlain(): boolean {
  const browse = useBrowse();
  return browse.order === "dataset" && !isFiltered(browse);
}

/** From page to page. */
export function usePageSteps(): Steps {
  const { start } = useBrowse();
  const plain = usePlain();
  const { count } = useSubject();
  const { samples } = useShown();
  const { page } = samples;
  const end = start + count;
  const mayHaveMore =
    page !== undefined && (end < page.matched || (plain && page.state !== "exhausted" && page.state !== "failed"));
  const go = (to: number): void => {
    changePage({ browse: { start: Math.max(to, 0) } }, { step: true });
    window.scrollTo({ top: 0 });
  };
  return {
    previous: start === 0 ? null : () => go(start - count),
    next: mayHaveMore && page.items.length >= count ? () => go(end) : null,
  };
}

/** From sample to sample, across the borders of pages. */
export function useSampleSteps(): Steps {
  const { start } = useBrowse();
  const { count } = useSubject();
  const { samples } = useShown();
  const pages = usePageSteps();
  const all = samples.page?.items ?? [];
  const at = all.findIndex(({ index }) => index === samples.items[0]?.index);
  if (at < 0) return { previous: null, next: null };
  const to = (place: number): void => {
    const neighbour = all[place - start];
    if (neighbour) changePage({ view: { sample: neighbour.index, place: null } });
    else {
      const page = place < start ? Math.max(start - count, 0) : start + count;
      changePage({ browse: { start: page }, view: { sample: null, place } });
    }
  };
  const here = start + at;
  return {
    previous: here > 0 ? () => to(here - 1) : null,
    next: at + 1 < all.length || pages.next ? () => to(here + 1) : null,
  };
}

/** 'missing': not among those that match; 'absent': not in the dataset. */
export type Looked = { readonly sample: Sample } | { readonly sample: null; readonly why: Why };
type Why = "loading" | "error" | "missing" | "absent";

/** Follows the view to its sample: to the page that holds it, and from a place in the order to the number there. */
export function useLookedAt(): Looked {
  const view = useView();
  const { start } = useBrowse();
  const plain = usePlain();
  const { count } = useSubject();
  const { samples } = useShown();
  const { page, error, outdated } = samples;
  const sample = samples.items[0] ?? null;
  const settled = page !== undefined && !outdated;

  const found = view.sample === null && sample !== null ? sample.index : null;
  useEffect(() => {
    if (found !== null) changePage({ view: { sample: found, place: null } });
  }, [found]);

  const { sample: wanted } = view;
  const elsewhere =
    plain && sample === null && wanted !== null && !isOwn(wanted) && (wanted < start || wanted >= start + count);
  useEffect(() => {
    if (elsewhere && wanted !== null) changePage({ browse: { start: wanted - (wanted % count) } });
  }, [elsewhere, wanted, count]);

  if (sample) return { sample };
  if (error !== null) return { sample: null, why: "error" };
  if (!settled || isGrowing(page) || elsewhere) return { sample: null, why: "loading" };
  return { sample: null, why: plain ? "absent" : "missing" };
}
