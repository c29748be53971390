/** Shows a shared address's maps without a click, where all of them are stored: that costs nothing. */

import { useEffect, useRef } from "react";

import { isGrowing } from "../../api/queries";
import { stampOf } from "../../state/launches";
import { fetching, useFetched } from "../../state/services";
import { useWorkspace } from "../workspace";

export function useLinkedMaps(): void {
  const { description, samples, requests, forecast, cells } = useWorkspace();
  // What the address said when the page was opened; a Fetch on this page is none of its business.
  const wanted = useRef(useFetched());
  const { page, items, outdated } = samples;
  const settled = page !== undefined && !isGrowing(page) && !outdated;
  const { current, total, stored } = forecast;
  const allThere = total > 0 && stored === total;
  const untouched = cells.size === 0;

  useEffect(() => {
    if (!untouched) wanted.current = false;
    if (!wanted.current || !settled || !current || !allThere) return;
    wanted.current = false;
    void fetching.launch(requests, "fetch", stampOf(description, items));
  }, [settled, current, allThere, untouched, requests, description, items]);
}
