/** What the keys do. */

import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useState } from "react";

import { PANELS } from "../state/page";
import { changePage, useDisplay, useView } from "../state/services";
import { createStore } from "../state/store";
import { useFetchAction } from "./actions";
import { zoomAll, zoomStep } from "./grid/zoom";
import { look, lookAtAll, usePageSteps, useSampleSteps } from "./looking";
import { focusOf, shortcutOf, type ShortcutId } from "./shortcuts";
import { useLatest } from "./workspace";

/** Whether the list of keys is open. */
export const helpOpened = createStore(false);

/** A dialog has the keyboard to itself. */
const DIALOG = '[role="dialog"], [role="alertdialog"]';

/** Back to where the keyboard was before a dialog, whose own way back an end without a transition cuts short. */
export function useFocusBack(): void {
  const [from] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      setTimeout(() => {
        const isLost = document.activeElement === null || document.activeElement === document.body;
        if (isLost && from instanceof HTMLElement && from.isConnected && !document.querySelector(DIALOG)) from.focus();
      });
    },
    [from],
  );
}

/** The field that takes a sample's number. */
export const GO_TO = "go-to";

/** Acts on the keys of `SHORTCUTS`, wherever they mean nothing else. */
export function useShortcuts(): void {
  const act = useActions();
  const { kind } = useView();
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const shortcut = shortcutOf(event, focusOf(event.target), kind);
    if (shortcut && act(shortcut.id, event.key)) event.preventDefault();
  });
  useEffect(() => {
    // Before the dialog itself hears of the key: Escape closes it, and is not the page's then.
    let taken = false;
    const look = (): void => void (taken = document.querySelector(DIALOG) !== null);
    const listener = (event: KeyboardEvent): void => {
      if (!taken) onKey(event);
    };
    window.addEventListener("keydown", look, { capture: true });
    window.addEventListener("keydown", listener);
    return () => {
      window.removeEventListener("keydown", look, { capture: true });
      window.removeEventListener("keydown", listener);
    };
  }, []);
}

/** Returns whether there was anything to do. */
function useActions(): (id: ShortcutId, key: string) => boolean {
  const { kind } = useView();
  const display = useDisplay();
  const latest = useLatest();
  const { fetch, cancel } = useFetchAction();
  const pages = usePageSteps();
  const neighbours = useSampleSteps();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const steps = kind === "grid" ? pages : neighbours;

  const turnTo = (wanted: "detail" | "present"): boolean => {
    const sample = kind === "grid" ? pointedAt() : null;
    if (kind === wanted) lookAtAll();
    else look(wanted, sample ?? latest().samples.items[0]?.index ?? null);
    return true;
  };

  return (id, key) => {
    const { samples, activity } = latest();
    const busy = activity.active.length > 0;
    switch (id) {
      case "fetch":
        if (busy) return false;
        fetch();
        return true;
      case "escape":
        if (busy) cancel();
        else if (kind !== "grid") lookAtAll();
        else return false;
        return true;
      case "next":
      case "previous":
        steps[id]?.();
        return steps[id] !== null;
      case "panel": {
        const panel = PANELS[Number(key) - 1];
        const panels = PANELS.filter((other) => display.panels.includes(other) !== (other === panel));
        changePage({ display: { panels } });
        return true;
      }
      case "detail":
      case "present":
        return turnTo(id);
      case "shared":
        changePage({ display: { shared: !display.shared } });
        return true;
      case "evidence": {
        const hasEvidence = samples.items.some(({ features }) => features.some(({ evidence }) => evidence));
        if (hasEvidence) changePage({ display: { evidence: !display.evidence } });
        return hasEvidence;
      }
      case "zoomIn":
      case "zoomOut":
        zoomStep(id === "zoomIn" ? 1 : -1);
        return true;
      case "zoomReset":
        zoomAll();
        return true;
      case "theme":
        setColorScheme(scheme === "light" ? "dark" : "light");
        return true;
      case "goTo":
        document.querySelector<HTMLElement>(`[data-shortcut="${GO_TO}"]`)?.focus();
        return true;
      case "help":
        helpOpened.set(true);
        return true;
    }
  };
}

/** The sample whose card has the keyboard, else the pointer, else stands first on screen. */
function pointedAt(): number | null {
  const cards = [...document.querySelectorAll<HTMLElement>("article[data-sample]")];
  const card =
    cards.find((each) => each.contains(document.activeElement)) ??
    cards.find((each) => each.matches(":hover")) ??
    cards.find((each) => each.getBoundingClientRect().bottom > window.innerHeight / 4);
  return card?.dataset.sample === undefined ? null : Number(card.dataset.sample);
}
