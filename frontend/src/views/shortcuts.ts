/** Every key of the page. What the keys do is in `keyboard.ts`, what they are called in the language's words. */

import type { ViewKind } from "../state/view";

export type ShortcutId =
  | "fetch"
  | "escape"
  | "next"
  | "previous"
  | "panel"
  | "detail"
  | "present"
  | "shared"
  | "evidence"
  | "zoomIn"
  | "zoomOut"
  | "zoomReset"
  | "theme"
  | "goTo"
  | "help";

export interface Shortcut {
  readonly id: ShortcutId;
  readonly group: "anywhere" | "samples" | "drawing";
  /** As `KeyboardEvent.key`; letters in lower case. */
  readonly keys: readonly string[];
  /** Where it is of use; everywhere if left out. */
  readonly views?: readonly ViewKind[];
}

export const SHORTCUTS: readonly Shortcut[] = [
  { id: "fetch", group: "anywhere", keys: ["Enter"] },
  { id: "escape", group: "anywhere", keys: ["Escape"] },
  { id: "theme", group: "anywhere", keys: ["t"] },
  { id: "help", group: "anywhere", keys: ["?"] },
  { id: "next", group: "samples", keys: ["ArrowRight", "j"] },
  { id: "previous", group: "samples", keys: ["ArrowLeft", "k"] },
  { id: "detail", group: "samples", keys: ["d"] },
  { id: "present", group: "samples", keys: ["p"] },
  { id: "goTo", group: "samples", keys: ["/"], views: ["grid"] },
  { id: "panel", group: "drawing", keys: ["1", "2", "3", "4", "5", "6"] },
  { id: "shared", group: "drawing", keys: ["s"] },
  { id: "evidence", group: "drawing", keys: ["e"] },
  { id: "zoomIn", group: "drawing", keys: ["+", "="], views: ["grid"] },
  { id: "zoomOut", group: "drawing", keys: ["-"], views: ["grid"] },
  { id: "zoomReset", group: "drawing", keys: ["0"], views: ["grid"] },
];

/** The parts of a key press that decide. */
export type Press = Pick<
  KeyboardEvent,
  "key" | "ctrlKey" | "altKey" | "metaKey" | "shiftKey" | "repeat" | "isComposing" | "defaultPrevented"
>;

/** What has the keyboard: 'text' takes every key itself, a 'field' all but Enter. */
export type Focus = "text" | "field" | "choice" | "button" | "other";

/** The shortcut that a key press means, if any: none while typing, none that the focused control needs itself. */
export function shortcutOf(press: Press, focus: Focus, view: ViewKind): Shortcut | null {
  if (press.defaultPrevented || press.isComposing || press.ctrlKey || press.altKey || press.metaKey) return null;
  const single = press.key.length === 1;
  // Signs such as "?" need Shift on some keyboards and not on others; named keys and letters mean something else with it.
  if (press.shiftKey && (!single || press.key.toLowerCase() !== press.key.toUpperCase())) return null;
  const key = single ? press.key.toLowerCase() : press.key;
  const found = SHORTCUTS.find(({ keys, views }) => keys.includes(key) && (views?.includes(view) ?? true));
  if (!found || (press.repeat && !isStep(found.id))) return null;
  if (focus === "text") return null;
  // Enter in a field means: with this value, go.
  if (focus === "field") return found.id === "fetch" ? found : null;
  if (focus === "button" && found.id === "fetch") return null;
  return focus === "choice" && key.startsWith("Arrow") ? null : found;
}

const isStep = (id: ShortcutId): boolean => ["next", "previous", "zoomIn", "zoomOut"].includes(id);

const TEXTS = "textarea, [contenteditable=true], [role=combobox][aria-expanded=true], input[aria-expanded=true]";
const FIELDS = "input:not([type=checkbox], [type=radio]), select, [role=combobox], [role=slider], [role=spinbutton]";
const CHOICES = "[type=radio], [role=tab], [role=listbox], [role=menu]";
/** Elements for which Enter already means something. */
const BUTTONS = "a, button, summary, [role=option], [role=menuitem], [aria-expanded=true]";

export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return "other";
  const kinds: [Focus, string][] = [
    ["text", TEXTS],
    ["field", FIELDS],
    ["choice", CHOICES],
    ["button", BUTTONS],
  ];
  return kinds.find(([, selector]) => target.closest(selector))?.[0] ?? "other";
}
