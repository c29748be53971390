import { useEffect, useRef } from "react";

import { stampOf } from "../state/launches";
import { fetching } from "../state/services";
import { useFreshness } from "./freshness";
import { useWorkspace } from "./workspace";

/** Shows what the server has stored without being asked; `changed`: also in the stead of maps of earlier settings. */
export function useStoredMaps({ changed }: { changed: boolean }): void {
  const { requests, forecast, description, samples, activity } = useWorkspace();
  const freshness = useFreshness();
  const wanted = changed ? freshness !== "fresh" : freshness === "missing";
  const stored = forecast.current && forecast.total > 0 && forecast.stored === forecast.total;
  const ready = wanted && stored && activity.active.length === 0;
  /** Asked once: what the store has lost meanwhile is the reader's to ask for. */
  const asked = useRef("");
  useEffect(() => {
    const key = JSON.stringify(requests);
    if (!ready || asked.current === key) return;
    asked.current = key;
    void fetching.launch(requests, "fetch", stampOf(description, samples.items));
  }, [ready, requests, description, samples.items]);
}
