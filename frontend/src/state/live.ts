/** The server's events, on their way to the stores and the query cache. */

import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { keys } from "../api/queries";
import { eventsUrl } from "../api/routes";
import type { ConnectionState, StreamedEvent } from "../api/stream";
import { shareEvents } from "../api/tabs";
import type { ExplorerSummary, Explorers } from "../api/types";
import { fetching } from "./services";

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
    const timer = setInterval(() => void fetching.reconcile(), POLL);
    return () => clearInterval(timer);
  }, [state]);

  return state;
}

function receive(client: QueryClient, streamed: StreamedEvent): void {
  const { event } = streamed;
  switch (event.type) {
    case "snapshot":
      fetching.receive(streamed);
      for (const explorer of event.explorers) updateExplorer(client, explorer);
      void client.invalidateQueries({ queryKey: ["samples"] });
      void fetching.reconcile(new Set(event.jobs.map(({ id }) => id)));
      break;
    case "explorer":
      updateExplorer(client, event.explorer);
      break;
    case "scan":
      // A request under way already waits for what this event announces.
      void client.invalidateQueries({ queryKey: keys.samples(event.explorer) }, { cancelRefetch: false });
      break;
    default:
      fetching.receive(streamed);
  }
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
  void client.invalidateQueries({ queryKey: keys.explorer(summary.id) }, { cancelRefetch: true });
  if (summary.state === "ready") void client.invalidateQueries({ queryKey: keys.samples(summary.id) });
}
