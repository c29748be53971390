/** The cursor and the rectangle on a sample, in the pixels of its feature; the same on all of its panels. */

import { createContext, useContext } from "react";

import { spanned, type Point, type Rectangle } from "../../heatmap";
import { createStore, useStore, type Store } from "../../state/store";

export interface Marks {
  readonly cursor: Point | null;
  /** Where the rectangle was begun; it reaches to the cursor while it is drawn. */
  readonly anchor: Point | null;
  readonly rectangle: Rectangle | null;
}

export const NO_MARKS: Marks = { cursor: null, anchor: null, rectangle: null };

export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Rows that Page Up and Page Down move. */
const PAGE = 10;

const STEPS: Readonly<Record<string, (extent: Extent) => Point>> = {
  ArrowLeft: () => ({ x: -1, y: 0 }),
  ArrowRight: () => ({ x: 1, y: 0 }),
  ArrowUp: () => ({ x: 0, y: -1 }),
  ArrowDown: () => ({ x: 0, y: 1 }),
  PageUp: () => ({ x: 0, y: -PAGE }),
  PageDown: () => ({ x: 0, y: PAGE }),
  Home: ({ width }) => ({ x: -width, y: 0 }),
  End: ({ width }) => ({ x: width, y: 0 }),
};

export const clamp = ({ x, y }: Point, { width, height }: Extent): Point => ({
  x: Math.min(Math.max(x, 0), width - 1),
  y: Math.min(Math.max(y, 0), height - 1),
});

/** What a key does to the marks; null where it means nothing to them. */
export function pressed(marks: Marks, key: string, shift: boolean, extent: Extent): Marks | null {
  if (key === "Escape" || key === "Delete" || key === "Backspace")
    return marks.rectangle ? { ...marks, rectangle: null, anchor: null } : null;
  const step = STEPS[key]?.(extent);
  if (!step) return null;
  const from = marks.cursor ?? { x: Math.floor(extent.width / 2), y: Math.floor(extent.height / 2) };
  const cursor = marks.cursor ? clamp({ x: from.x + step.x, y: from.y + step.y }, extent) : from;
  if (!shift) return { ...marks, cursor, anchor: null };
  const anchor = marks.anchor ?? from;
  return { cursor, anchor, rectangle: spanned(anchor, cursor) };
}

/** A press of the pointer begins a rectangle, which is there once it has moved to another pixel. */
export function dragged(marks: Marks, cursor: Point): Marks {
  const { anchor } = marks;
  const moved = anchor !== null && (anchor.x !== cursor.x || anchor.y !== cursor.y);
  return { ...marks, cursor, rectangle: moved ? spanned(anchor, cursor) : marks.rectangle };
}

/** By the name of a feature. */
export type MarksStore = Store<Readonly<Record<string, Marks>>>;

export const createMarks = (): MarksStore => createStore({});

const MarksContext = createContext<MarksStore | null>(null);
export const MarksProvider = MarksContext.Provider;

/** For what changes the marks without being redrawn by them. */
export function useMarksStore(): MarksStore {
  const store = useContext(MarksContext);
  if (!store) throw new Error("Marks are used outside of a sample.");
  return store;
}

export function useMarks(feature: string): [marks: Marks, set: (change: (marks: Marks) => Marks) => void] {
  const store = useMarksStore();
  const marks = useStore(store, (all) => all[feature] ?? NO_MARKS);
  return [
    marks,
    (change) => {
      const all = store.get();
      store.set({ ...all, [feature]: change(all[feature] ?? NO_MARKS) });
    },
  ];
}
