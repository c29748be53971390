/** The server's events, on their way to the stores and the query cache. */

import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { keys, resultOptions } from "../api/queries";
import { eventsUrl } from "../api/routes";
import type { ConnectionState, StreamedEvent } from "../api/stream";
import { shareEvents } from "../api/tabs";
import type { ExplorerDetail, ExplorerSummary, Explorers } from "../api/types";
import type { Launch } from "./launches";
import { evaluations, fetching, partials, warnings } from "./services";

const POLL = 1000;

export function useLive(): ConnectionState {
  const client = useQueryClient();
  const [state, setState] = useState<ConnectionState>("connecting");

  useEffect(() => {
    const stop = new AbortController();
    void fetching.restore();
    void shareEvents({
      url: eventsUrl(),
      signal: stop.signal,
      onState: setState,
      onEvent: (event) => receive(client, event),
    });
    return () => stop.abort();
  }, [client]);

  useEffect(() => {
    if (state === "open") return;
    // Without events, jobs are asked about one by one.
    const timer = setInterval(() => {
      for (const store of [fetching, evaluations]) void store.reconcile();
    }, POLL);
    return () => clearInterval(timer);
  }, [state]);

  return state;
}

function receive(client: QueryClient, streamed: StreamedEvent): void {
  const { event } = streamed;
  switch (event.type) {
    case "snapshot":
      warnings.set(event.warnings);
      for (const store of [fetching, evaluations]) store.receive(streamed);
      for (const explorer of event.explorers) updateExplorer(client, explorer);
      void client.invalidateQueries({ queryKey: ["samples"] });
      for (const store of [fetching, evaluations]) void store.reconcile(new Set(event.jobs.map(({ id }) => id)));
      break;
    case "explorer":
      updateExplorer(client, event.explorer);
      break;
    case "scan":
      // A request under way already waits for what this event announces.
      void client.invalidateQueries({ queryKey: keys.samples(event.explorer) }, { cancelRefetch: false });
      break;
    case "warnings":
      warnings.set(event.warnings);
      break;
    case "partial":
      // Events are for all tabs of a session; an estimate is drawn by the tab that asked for the map.
      if (launchOf(event.job)) partials.receive(streamed);
      break;
    case "item":
      if (event.item.state === "done" && event.item.key !== null) readAhead(client, event.job, event.item.key);
      for (const store of [fetching, evaluations]) store.receive(streamed);
      break;
    default:
      for (const store of [fetching, evaluations]) store.receive(streamed);
  }
}

const launchOf = (id: string): Launch | undefined => fetching.get().launches.find(({ job }) => job === id);

/** Has a map on its way before the page has drawn that it is there. */
function readAhead(client: QueryClient, job: string, key: string): void {
  const launch = launchOf(job);
  if (!launch) return;
  const known = client.getQueryData<ExplorerDetail>(keys.explorer(launch.request.explorer));
  const [feature, ...others] = known?.description?.features ?? [];
  const only = feature && others.length === 0 ? feature.name : null;
  // A failure is shown by whoever draws the map.
  client.query(resultOptions(key, only)).catch(() => undefined);
}

function updateExplorer(client: QueryClient, summary: ExplorerSummary): void {
  client.setQueryData<Explorers>(
    keys.explorers,
    (known) =>
      known && {
        ...known,
        explorers: known.explorers.map((explorer) => (explorer.id === summary.id ? summary : explorer)),
      },
  );
  const key = keys.explorer(summary.id);
  const known = client.getQueryData<ExplorerDetail>(key);
  if (known) client.setQueryData<ExplorerDetail>(key, { ...known, ...summary });
  // Any request would wake an explorer that was just put to rest; what is known of it will do until somebody comes.
  const rests = summary.state === "unloaded" && known?.description != null;
  void client.invalidateQueries({ queryKey: key, refetchType: rests ? "none" : "active" }, { cancelRefetch: true });
  if (summary.state !== "ready") return;
  void client.invalidateQueries({ queryKey: keys.samples(summary.id) });
  void client.invalidateQueries({ queryKey: keys.estimates });
}
