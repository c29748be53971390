/** Shows what the server has stored without being asked for it: that costs nothing. */

import { useEffect, useRef } from "react";

import { isGrowing } from "../api/queries";
import { stampOf } from "../state/launches";
import { fetching, useFetched, useView } from "../state/services";
import { isAvailable } from "../state/settings";
import { columnFreshness } from "./freshness";
import { useWorkspace } from "./workspace";

/**
 * Of a shared address all columns that are stored, once; of one sample looked at those without a map; and where it is
 * presented, those of earlier settings, too.
 */
export function useStoredMaps(): void {
  const workspace = useWorkspace();
  const { columns, requests, forecast, description, samples, activity, cells } = workspace;
  const { kind } = useView();
  // What the address said when the page was opened; a Fetch on this page is none of its business.
  const linked = useRef(useFetched());
  /** Asked once: what the store has lost meanwhile is the reader's to ask for. */
  const asked = useRef("");
  const { page, items, outdated } = samples;
  const settled = page !== undefined && !isGrowing(page) && !outdated;
  const untouched = cells.size === 0;
  const ready = settled && forecast.current && forecast.known && activity.active.length === 0;

  useEffect(() => {
    if (!untouched) linked.current = false;
    if (!ready || (kind === "grid" && !linked.current)) return;
    const wanted = columns.filter((settings) => {
      const freshness = columnFreshness({ description, samples, cells }, settings);
      const missing = freshness === "missing" || (kind === "present" && freshness !== "fresh");
      return missing && isAvailable(settings) && forecast.storedColumns.has(settings.id);
    });
    const ids = new Set(wanted.map(({ id }) => id));
    const stored = requests.filter(({ column }) => ids.has(column));
    const key = JSON.stringify(stored);
    linked.current = false;
    if (stored.length === 0 || asked.current === key) return;
    asked.current = key;
    void fetching.launch(stored, "fetch", stampOf(description, items));
  }, [ready, untouched, kind, columns, requests, forecast, description, samples, cells, items]);
}
