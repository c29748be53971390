/** Answers that arrive one after another are told together. */

const INTERVAL = 8;

/**
 * A scheduler of notifications: the first at once, further ones together, at most one round every `interval` ms.
 *
 * Otherwise every map of a Fetch has the page drawn by itself; where dozens arrive within a moment, React takes such
 * a chain for an endless one and drops the last.
 */
export function inBursts(interval = INTERVAL): (notify: () => void) => void {
  let waiting: (() => void)[] = [];
  let last = Number.NEGATIVE_INFINITY;
  const tell = (): void => {
    const all = waiting;
    waiting = [];
    last = performance.now();
    for (const notify of all) notify();
  };
  return (notify) => {
    waiting.push(notify);
    if (waiting.length === 1) setTimeout(tell, Math.max(0, last + interval - performance.now()));
  };
}
