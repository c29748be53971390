/** The way of drawing that a reader used last, for the next visit. What an address says is stronger. */

import { INITIAL, type Display } from "./page";
import type { PageMemory } from "./pageStore";
import { parse, serialise } from "./url";

const KEY = "attriscope.display";
type Kept = Pick<Display, "panels" | "scale" | "sign" | "size">;

const kept = ({ panels, scale, sign, size }: Display): Kept => ({ panels, scale, sign, size });

export function rememberDisplay(memory: PageMemory, display: Display): void {
  const params = serialise({ ...INITIAL, display: { ...INITIAL.display, ...kept(display) } });
  try {
    memory.setItem(KEY, params.toString());
  } catch {
    // A full or forbidden storage costs the habit, not the page.
  }
}

/** Read as an address is, so that what another version wrote does no harm. */
export function recallDisplay(memory: PageMemory): Partial<Display> {
  try {
    return kept(parse(new URLSearchParams(memory.getItem(KEY) ?? "")).display);
  } catch {
    return {};
  }
}

const HINT = "attriscope.hint";

/** Whether the hint of the first visit was dismissed. */
export const hints = {
  wasSeen: (memory: PageMemory): boolean => {
    try {
      return memory.getItem(HINT) !== null;
    } catch {
      return false;
    }
  },
  markSeen: (memory: PageMemory): void => {
    try {
      memory.setItem(HINT, "seen");
    } catch {
      // It comes again at the next visit.
    }
  },
};
