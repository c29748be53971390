import { describe, expect, it } from "vitest";

import { MOST_ZOOM, panned, revealed, WHOLE, zoomed, zoomedAt, type Zoom } from "./zoom";

/** Where a place of the image stands on screen, in shares of the frame. */
const onScreen = ({ factor, x }: Zoom, place: number): number => (place - x) * factor;

describe("zoom", () => {
  it("keeps the pointed place where it is", () => {
    const near = zoomedAt(zoomedAt(WHOLE, 2, { x: 0.3, y: 0.8 }), 1.7, { x: 0.4, y: 0.7 });
    const nearer = zoomedAt(near, 3, { x: 0.4, y: 0.7 });
    expect(onScreen(nearer, 0.4)).toBeCloseTo(onScreen(near, 0.4), 12);
    expect(nearer.factor).toBeCloseTo(10.2, 12);
  });

  it("goes into the middle by itself and back to the whole", () => {
    const near = zoomed(WHOLE, 4);
    expect(near).toEqual({ factor: 4, x: 0.375, y: 0.375 });
    expect(zoomed(near, 1 / 8)).toEqual(WHOLE);
    expect(zoomed(near, 1000).factor).toBe(MOST_ZOOM);
  });

  it("never shows what is beside the image", () => {
    const near = zoomed(WHOLE, 2);
    expect(panned(near, { x: 9, y: -9 })).toEqual({ factor: 2, x: 0.5, y: 0 });
    expect(zoomedAt(panned(near, { x: 9, y: 9 }), 0.75, { x: 0, y: 0 })).toMatchObject({ x: 1 - 1 / 1.5 });
  });

  it("moves as little as will show a pixel", () => {
    const near = zoomed(WHOLE, 4);
    expect(revealed(near, { x: 0.4, y: 0.4 }, { x: 0.5, y: 0.5 })).toEqual(near);
    expect(revealed(near, { x: 0.7, y: 0.1 }, { x: 0.75, y: 0.2 })).toEqual({ factor: 4, x: 0.5, y: 0.1 });
  });
});
