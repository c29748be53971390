import { describe, expect, it } from "vitest";

import { GRID, inView, readView, writeView, type View } from "./view";

const items = [4, 9, 2, 7].map((index) => ({ index }));
const settled = { start: 8, outdated: false };
const shown = (view: View, page = settled): number[] => inView(items, view, page).map(({ index }) => index);

describe("the view in the address", () => {
  it.each<View>([GRID, { kind: "detail", sample: 12, place: null }, { kind: "present", sample: 0, place: null }])(
    "comes back as it was: %o",
    (view) => {
      const params = new URLSearchParams(writeView(view).map(([key, value]) => [key, String(value)]));
      expect(readView(params)).toEqual(view);
    },
  );

  it("leaves the grid out", () => {
    expect(writeView(GRID)).toEqual([]);
  });

  it.each(["view=sideways&sample=3", "sample=3", "view=grid&sample=3"])("takes %s for the grid", (query) => {
    expect(readView(new URLSearchParams(query))).toEqual(GRID);
  });

  it.each(["-1", "1.5", "x", ""])("does not take %o for a sample", (sample) => {
    expect(readView(new URLSearchParams({ view: "detail", sample }))).toEqual({
      kind: "detail",
      sample: null,
      place: null,
    });
  });
});

describe("inView", () => {
  it("shows all in the grid and the one looked at otherwise", () => {
    expect(shown(GRID)).toEqual([4, 9, 2, 7]);
    expect(shown({ kind: "detail", sample: 2, place: null })).toEqual([2]);
    expect(shown({ kind: "detail", sample: 3, place: null })).toEqual([]);
  });

  it("finds a place once its page is there", () => {
    const view: View = { kind: "present", sample: null, place: 11 };
    expect(shown(view)).toEqual([7]);
    expect(shown(view, { start: 8, outdated: true })).toEqual([]);
    expect(shown({ ...view, place: 12 })).toEqual([]);
    expect(shown({ ...view, place: null })).toEqual([4]);
  });
});
