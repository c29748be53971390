import { expect, test } from "vitest";

import { boxBetween, countPixels, emptyMask, encodeMask, nudgeBox, withBox, withStroke, type Mask } from "./mask";

const drawn = ({ width, data }: Mask): string[] =>
  Array.from({ length: data.length / width }, (_, y) =>
    [...data.slice(y * width, (y + 1) * width)].map((value) => (value ? "#" : ".")).join(""),
  );

test("a box covers both its corners, whichever is first, and ends at the image's edge", () => {
  const mask = emptyMask(4, 3);
  const box = { x: 1, y: 0, width: 2, height: 2 };
  expect(boxBetween({ x: 1.2, y: 0.1 }, { x: 2.9, y: 1.5 }, mask)).toEqual(box);
  expect(boxBetween({ x: 2.9, y: 1.5 }, { x: 1.2, y: 0.1 }, mask)).toEqual(box);
  expect(boxBetween({ x: -9, y: -9 }, { x: 99, y: 99 }, mask)).toEqual({ x: 0, y: 0, width: 4, height: 3 });
  expect(drawn(withBox(mask, box))).toEqual([".##.", ".##.", "...."]);
  expect(drawn(withBox(mask, { x: 3, y: 2, width: 5, height: 5 }))).toEqual(["....", "....", "...#"]);
  expect(countPixels(mask)).toBe(0);
});

test("a thin brush fills the pixels on its way, a wide one a disc", () => {
  const mask = emptyMask(5, 5);
  expect(drawn(withStroke(mask, { x: 0.5, y: 1.5 }, { x: 3.5, y: 1.5 }, 1))[1]).toBe("####.");
  expect(drawn(withStroke(mask, { x: 2.5, y: 2.5 }, { x: 2.5, y: 2.5 }, 3))).toEqual([
    ".....",
    ".###.",
    ".###.",
    ".###.",
    ".....",
  ]);
  expect(countPixels(withStroke(mask, { x: 2.5, y: 2.5 }, { x: 2.5, y: 2.5 }, 0.1))).toBe(1);
  expect(countPixels(withStroke(mask, { x: -20, y: 2 }, { x: -20, y: 2 }, 3))).toBe(0);
});

test("a stroke keeps what was there", () => {
  const before = withBox(emptyMask(4, 1), { x: 0, y: 0, width: 1, height: 1 });
  expect(drawn(withStroke(before, { x: 3.5, y: 0.5 }, { x: 3.5, y: 0.5 }, 1))).toEqual(["#..#"]);
});

test("keys move and size a box within the image", () => {
  const mask = emptyMask(8, 8);
  const box = { x: 2, y: 2, width: 3, height: 3 };
  expect(nudgeBox(box, -5, 1, false, mask)).toEqual({ x: 0, y: 3, width: 3, height: 3 });
  expect(nudgeBox(box, 9, 9, false, mask)).toEqual({ x: 5, y: 5, width: 3, height: 3 });
  expect(nudgeBox(box, 9, -9, true, mask)).toEqual({ x: 2, y: 2, width: 6, height: 1 });
});

test("a mask is a bit a pixel, the highest first, rows without padding between", () => {
  const data = Uint8Array.from([1, 0, 0, 0, 0, 1, 0, 0, 1]);
  const bits = atob(encodeMask({ width: 3, height: 3, data }));
  const bytes = Array.from(bits, (character) => character.charCodeAt(0).toString(2).padStart(8, "0"));
  expect(bytes).toEqual(["10000100", "10000000"]);
});
