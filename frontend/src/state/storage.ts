/** What the browser remembers; in frames of other sites it may refuse to, by an exception at the first look. */

type Kept = Pick<Storage, "getItem" | "setItem">;

const NOTHING: Kept = { getItem: () => null, setItem: () => undefined };

/** The storage, or one that forgets where there is none to be had. */
export function allowed(storage: () => Kept): Kept {
  try {
    return storage();
  } catch {
    return NOTHING;
  }
}

/** This tab's, and what outlives it. */
export const tabMemory = allowed(() => globalThis.sessionStorage);
export const browserMemory = allowed(() => globalThis.localStorage);
