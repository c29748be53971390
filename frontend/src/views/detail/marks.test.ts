import { describe, expect, it } from "vitest";

import { dragged, NO_MARKS, pressed, type Marks } from "./marks";

const extent = { width: 8, height: 20 };
const at = (x: number, y: number): Marks => ({ ...NO_MARKS, cursor: { x, y } });
const after = (marks: Marks, ...keys: string[]): Marks =>
  keys.reduce<Marks>(
    (now, key) => pressed(now, key.replace("Shift+", ""), key.startsWith("Shift+"), extent) ?? now,
    marks,
  );

describe("pressed", () => {
  it("begins in the middle and stays within the image", () => {
    expect(after(NO_MARKS, "ArrowLeft").cursor).toEqual({ x: 4, y: 10 });
    expect(after(at(0, 0), "ArrowLeft", "ArrowUp").cursor).toEqual({ x: 0, y: 0 });
    expect(after(at(3, 5), "PageDown").cursor).toEqual({ x: 3, y: 15 });
    expect(after(at(3, 15), "PageDown").cursor).toEqual({ x: 3, y: 19 });
    expect(after(at(3, 5), "End").cursor).toEqual({ x: 7, y: 5 });
    expect(after(at(3, 5), "Home").cursor).toEqual({ x: 0, y: 5 });
  });

  it("draws a rectangle from where Shift was pressed", () => {
    const marks = after(at(2, 3), "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown");
    expect(marks.rectangle).toEqual({ left: 2, top: 3, right: 5, bottom: 5 });
    expect(after(marks, "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft").rectangle).toEqual({
      left: 1,
      top: 3,
      right: 3,
      bottom: 5,
    });
  });

  it("keeps the rectangle while the cursor walks on, and begins another", () => {
    const marks = after(at(2, 3), "Shift+ArrowRight", "ArrowDown", "ArrowDown");
    expect(marks.rectangle).toEqual({ left: 2, top: 3, right: 4, bottom: 4 });
    expect(after(marks, "Shift+ArrowDown").rectangle).toEqual({ left: 3, top: 5, right: 4, bottom: 7 });
  });

  it("takes the rectangle away, once", () => {
    const marks = after(at(2, 3), "Shift+ArrowRight", "Escape");
    expect(marks.rectangle).toBeNull();
    expect(pressed(marks, "Escape", false, extent)).toBeNull();
  });

  it("means nothing by other keys", () => {
    expect(pressed(at(1, 1), "d", false, extent)).toBeNull();
  });
});

describe("dragged", () => {
  const begun: Marks = { ...NO_MARKS, cursor: { x: 5, y: 5 }, anchor: { x: 5, y: 5 } };

  it("spans a rectangle to the pointer", () => {
    expect(dragged(begun, { x: 2, y: 7 }).rectangle).toEqual({ left: 2, top: 5, right: 6, bottom: 8 });
  });

  it("draws nothing for a click, and nothing without a press", () => {
    expect(dragged(begun, { x: 5, y: 5 }).rectangle).toBeNull();
    expect(dragged(NO_MARKS, { x: 1, y: 2 })).toEqual({ ...NO_MARKS, cursor: { x: 1, y: 2 } });
  });
});
