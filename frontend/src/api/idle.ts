/** How much is kept of what was read and nobody looks at any more. */

import type { QueryClient } from "@tanstack/react-query";

/** Queries that nobody looks at: of some forty pages that were left. */
const MOST_IDLE = 200;

/** Times alone would let a quick reader leave any number of maps behind. */
export function forgetOldest(client: QueryClient): void {
  const cache = client.getQueryCache();
  cache.subscribe(({ type }) => {
    if (type !== "added") return;
    const idle = cache
      .getAll()
      .filter((query) => query.getObserversCount() === 0 && query.state.fetchStatus === "idle" && query.state.data);
    for (const query of idle.slice(0, Math.max(idle.length - MOST_IDLE, 0))) cache.remove(query);
  });
}
