import { expect, test } from "vitest";

import { record, redo, startHistory, undo } from "./history";

test("undo and redo walk over what was recorded, and a new step ends what could be redone", () => {
  const two = record(record(startHistory(0), 1), 2);
  expect(undo(two).present).toBe(1);
  expect(undo(undo(undo(two))).present).toBe(0);
  expect(redo(undo(two))).toEqual(two);
  expect(redo(two)).toBe(two);
  const other = record(undo(two), 3);
  expect(redo(other).present).toBe(3);
  expect(undo(other).present).toBe(1);
});
