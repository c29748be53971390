/** Keeps the head of the grid above its columns while these are scrolled sideways. */

import { useEffect, useRef, type RefObject } from "react";

import { createStore } from "../../state/store";

const left = createStore(0);

/** For every element that is scrolled with the others. */
export function useScrolledTogether<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const follow = (): void => {
      if (element.scrollLeft !== left.get()) element.scrollLeft = left.get();
    };
    const lead = (): void => left.set(element.scrollLeft);
    follow();
    element.addEventListener("scroll", lead, { passive: true });
    const unsubscribe = left.subscribe(follow);
    return () => {
      element.removeEventListener("scroll", lead);
      unsubscribe();
    };
  }, []);
  return ref;
}
