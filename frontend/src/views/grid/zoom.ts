/** The one zoom of all images on the page, and the gestures that change it. */

import { useEffect, type RefObject } from "react";

import { panned, revealed, WHOLE, zoomed, zoomedAt, type Point, type Zoom } from "../../heatmap";
import { createStore, useStore } from "../../state/store";

const store = createStore<Zoom>(WHOLE);
const STEP = 1.5;
/** Of a wheel's pixels, for twice as near. */
const DOUBLING = 240;

export const useZoom = (): Zoom => useStore(store, (zoom) => zoom);
export const zoomStep = (direction: 1 | -1): void => store.set(zoomed(store.get(), STEP ** direction));
export const zoomAll = (): void => store.set(WHOLE);

/** Moves the images where the pixel would be out of sight. */
export function reveal({ x, y }: Point, { width, height }: { width: number; height: number }): void {
  const next = revealed(store.get(), { x: x / width, y: y / height }, { x: (x + 1) / width, y: (y + 1) / height });
  const { factor, ...at } = store.get();
  if (factor > 1 && (next.x !== at.x || next.y !== at.y)) store.set(next);
}

/** Marks what zooms: gestures begin on it, and its frame is what the zoomed picture is seen through. */
export const SURFACE = "data-zoom-surface";

/** Zooms the pictures within an element, without any of them being drawn anew. */
export function useZoomedPictures(ref: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const show = (): void => {
      const { factor, x, y } = store.get();
      element.dataset.zoomed = String(factor > 1);
      element.style.setProperty("--zoom", String(factor));
      element.style.setProperty("--zoom-x", String(x * factor));
      element.style.setProperty("--zoom-y", String(y * factor));
    };
    show();
    const stops = [store.subscribe(show), onWheel(element), onDrag(element)];
    return () => stops.forEach((stop) => stop());
  }, [ref]);
}

interface Seen {
  /** In shares of the image. */
  readonly at: Point;
  /** On screen, of the whole image at this zoom. */
  readonly width: number;
  readonly height: number;
}

/** What of an image is under a place of the window. */
function seenAt(target: EventTarget | null, clientX: number, clientY: number): Seen | null {
  const surface = target instanceof Element ? target.closest(`[${SURFACE}]`) : null;
  if (!surface) return null;
  const { left, top, width, height } = surface.getBoundingClientRect();
  return { at: { x: (clientX - left) / width, y: (clientY - top) / height }, width, height };
}

/** With Ctrl or ⌘ alone, which is also what a pinch on a touchpad is: the wheel by itself scrolls the page. */
function onWheel(element: HTMLElement): () => void {
  const listener = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    const seen = seenAt(event.target, event.clientX, event.clientY);
    if (!seen) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * 16;
    store.set(zoomedAt(store.get(), 2 ** (-pixels / DOUBLING), seen.at));
  };
  element.addEventListener("wheel", listener, { passive: false });
  return () => element.removeEventListener("wheel", listener);
}

/** One pointer moves zoomed images, two fingers zoom them. */
function onDrag(element: HTMLElement): () => void {
  const down = new Map<number, Point>();
  const stop = new AbortController();
  const listen = (
    type: "pointerdown" | "pointermove" | "pointerup" | "pointercancel",
    act: (e: PointerEvent) => void,
  ) => element.addEventListener(type, act, { signal: stop.signal });
  const spread = (): number => {
    const [a, b] = [...down.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };

  listen("pointerdown", (event) => {
    const seen = seenAt(event.target, event.clientX, event.clientY);
    if (!seen || event.button !== 0) return;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (store.get().factor > 1 && event.target instanceof Element) event.target.setPointerCapture(event.pointerId);
  });
  listen("pointermove", (event) => {
    const from = down.get(event.pointerId);
    const seen = from && seenAt(event.target, event.clientX, event.clientY);
    if (!from || !seen) return;
    const before = spread();
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (down.size > 1) {
      if (before > 0) store.set(zoomedAt(store.get(), spread() / before, seen.at));
    } else {
      const by = { x: (from.x - event.clientX) / seen.width, y: (from.y - event.clientY) / seen.height };
      store.set(panned(store.get(), by));
    }
  });
  const lift = ({ pointerId }: PointerEvent): void => void down.delete(pointerId);
  listen("pointerup", lift);
  listen("pointercancel", lift);
  return () => stop.abort();
}
