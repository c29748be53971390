/** How much is kept of what was read and nobody looks at any more. */

import type { QueryClient } from "@tanstack/react-query";

/** Queries that nobody looks at: of some forty pages that were left. */
const MOST_IDLE = 200;
/** Milliseconds after which whatever was drawn is looked at by what drew it. */
const SETTLED = 1000;

/** Times alone would let a quick reader leave any number of maps behind. */
export function forgetOldest(client: QueryClient): void {
  const cache = client.getQueryCache();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const forget = (): void => {
    timer = undefined;
    const idle = cache
      .getAll()
      .filter((query) => query.getObserversCount() === 0 && query.state.fetchStatus === "idle");
    for (const query of idle.slice(0, Math.max(idle.length - MOST_IDLE, 0))) cache.remove(query);
  };
  cache.subscribe(({ type }) => {
    if (type === "added") timer ??= setTimeout(forget, SETTLED);
  });
}
