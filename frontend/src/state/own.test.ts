import { expect, test } from "vitest";

import type { Sample } from "../api/types";
import { columnRequest, sample } from "./fixtures";
import { arrange, checkFile, FIRST_OWN, inParts, withoutOwn, withOwn } from "./own";

const upload = (n: number): Sample => sample(FIRST_OWN + n);
const edited = (n: number, source: number): Sample => ({
  ...upload(n),
  edit: { kind: "erase", sample: source, feature: "image", share: 0.1, fill: { kind: "blur" } },
});
const order = (items: readonly Sample[], own: readonly Sample[]): number[] =>
  arrange(items, own).map(({ index }) => (index < FIRST_OWN ? index : index - FIRST_OWN + 100));

test("uploads come first, edits after what they were made of", () => {
  const items = [sample(3), sample(4)];
  expect(order(items, [upload(0), upload(1), edited(2, 3), edited(3, FIRST_OWN)])).toEqual([101, 100, 103, 3, 102, 4]);
  expect(order(items, [edited(0, 3), edited(1, FIRST_OWN), edited(2, 3)])).toEqual([3, 100, 101, 102, 4]);
  expect(order(items, [edited(0, 77)])).toEqual([100, 3, 4]);
  expect(arrange(items, [])).toBe(items);
});

test("an own sample is listed once", () => {
  expect(withOwn([1, 2], 2)).toEqual([1, 2]);
  expect(withOwn([1], 2)).toEqual([1, 2]);
  expect(withoutOwn([1, 2], 1)).toEqual([2]);
});

test("more samples than the server takes at once become several requests", () => {
  const parts = inParts(
    [columnRequest({ samples: [0, 1, 2, 3, 4] }), columnRequest({ samples: [5], model: "b" }, 2)],
    2,
  );
  expect(parts.map(({ column, request: { model, samples } }) => [column, model, samples])).toEqual([
    [1, "a", [0, 1]],
    [1, "a", [2, 3]],
    [1, "a", [4]],
    [2, "b", [5]],
  ]);
});

test("a file is refused before it is sent where the server would refuse it for certain", () => {
  expect(checkFile({ size: 10, type: "image/png" }, 10)).toBeNull();
  expect(checkFile({ size: 11, type: "image/png" }, 10)).toBe("too_large");
  expect(checkFile({ size: 0, type: "image/png" }, 10)).toBe("empty");
  expect(checkFile({ size: 1, type: "image/svg+xml" }, 10)).toBe("unsupported_type");
  expect(checkFile({ size: 1, type: "" }, 10)).toBeNull();
});
