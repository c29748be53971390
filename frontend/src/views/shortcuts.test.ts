import { describe, expect, it } from "vitest";

import { en } from "../text/en";
import { SHORTCUTS, shortcutOf, type Focus, type Press } from "./shortcuts";
import { VIEW_KINDS } from "../state/view";

const NONE = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: false };
const press = (key: string, patch: Partial<Press> = {}): Press => ({
  ...NONE,
  key,
  repeat: false,
  isComposing: false,
  defaultPrevented: false,
  ...patch,
});
const id = (key: string, focus: Focus = "other", patch: Partial<Press> = {}): string | null =>
  shortcutOf(press(key, patch), focus, "grid")?.id ?? null;

describe("the table of keys", () => {
  it("gives no key two meanings in any view", () => {
    for (const view of VIEW_KINDS) {
      const keys = SHORTCUTS.filter(({ views }) => views?.includes(view) ?? true).flatMap((shortcut) => shortcut.keys);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("has a name for each and a shortcut for each name", () => {
    expect(SHORTCUTS.map((shortcut) => shortcut.id).sort()).toEqual(Object.keys(en.shortcuts.names).sort());
  });
});

describe("shortcutOf", () => {
  it.each([
    ["Enter", "fetch"],
    ["Escape", "escape"],
    ["ArrowRight", "next"],
    ["j", "next"],
    ["ArrowLeft", "previous"],
    ["k", "previous"],
    ["3", "panel"],
    ["?", "help"],
    ["x", null],
    ["7", null],
  ])("reads %s as %s", (key, expected) => {
    expect(id(key)).toBe(expected);
  });

  it.each(["ctrlKey", "altKey", "metaKey"] as const)("leaves keys with %s to the browser", (modifier) => {
    for (const key of ["Enter", "d", "?", "ArrowLeft"]) expect(id(key, "other", { [modifier]: true })).toBeNull();
  });

  it("takes Shift for what is typed with it, not for letters and named keys", () => {
    expect(id("?", "other", { shiftKey: true })).toBe("help");
    expect(id("/", "other", { shiftKey: true })).toBe("goTo");
    for (const key of ["D", "ArrowRight", "Enter"]) expect(id(key, "other", { shiftKey: true })).toBeNull();
    // Caps Lock.
    expect(id("D")).toBe("detail");
  });

  it("does nothing while somebody types", () => {
    for (const { keys } of SHORTCUTS)
      for (const key of keys) {
        expect(id(key, "text")).toBeNull();
        expect(id(key, "field")).toBe(key === "Enter" ? "fetch" : null);
        expect(id(key, "other", { isComposing: true })).toBeNull();
        expect(id(key, "other", { defaultPrevented: true })).toBeNull();
      }
  });

  it("leaves Enter to buttons and arrows to choices", () => {
    expect(id("Enter", "button")).toBeNull();
    expect(id("d", "button")).toBe("detail");
    expect(id("ArrowLeft", "choice")).toBeNull();
    expect(id("k", "choice")).toBe("previous");
  });

  it("repeats steps only", () => {
    expect(id("j", "other", { repeat: true })).toBe("next");
    for (const key of ["Enter", "d", "t", "1"]) expect(id(key, "other", { repeat: true })).toBeNull();
  });

  it("knows where a key is of use", () => {
    expect(shortcutOf(press("/"), "other", "grid")?.id).toBe("goTo");
    expect(shortcutOf(press("/"), "other", "detail")).toBeNull();
  });
});
