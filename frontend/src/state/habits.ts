/** The way of drawing that a reader used last, for the next visit. What an address says is stronger. */

import { INITIAL, type Display } from "./page";
import type { PageMemory } from "./pageStore";
import { parse, serialise } from "./url";

const KEY = "attriscope.display";
const KEPT = ["panels", "scale", "sign", "size"] as const satisfies readonly (keyof Display)[];

const kept = ({ panels, scale, sign, size }: Display): Pick<Display, (typeof KEPT)[number]> => ({
  panels,
  scale,
  sign,
  size,
});

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
