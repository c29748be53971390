import { describe, expect, it } from "vitest";

import { expandColumns, MOST_COLUMNS, nextId, withColumn, withoutColumn } from "./columns";
import { column } from "./fixtures";

const MODELS = ["a", "b", "c"];
const ids = (columns: readonly { id: number; model: string | null }[]) => columns.map(({ id, model }) => [id, model]);

describe("expandColumns", () => {
  it("makes one column of each usual model where none is named", () => {
    const columns = [column({ id: 1 }), column({ id: 4, model: "c" })];
    expect(ids(expandColumns(columns, MODELS, ["a", "b"]))).toEqual([
      [1, "a"],
      [5, "b"],
      [4, "c"],
    ]);
  });

  it("names no model where there is no choice, and none that is not there", () => {
    expect(ids(expandColumns([column({ id: 1 })], ["a"], ["a"]))).toEqual([[1, null]]);
    expect(ids(expandColumns([column({ id: 1, model: "gone" })], MODELS, ["b"]))).toEqual([[1, null]]);
  });

  it("keeps to the most there may be", () => {
    const many = Array.from({ length: 12 }, (_, i) => `m${i}`);
    expect(expandColumns([column({ id: 1 })], many, many)).toHaveLength(MOST_COLUMNS);
  });
});

describe("adding and removing", () => {
  const columns = [column({ id: 1, method: "x" }), column({ id: 3 }), column({ id: 2 })];

  it("adds a changed copy under a number that was never used", () => {
    const [first] = columns;
    const added = withColumn(columns, first!, { target: 4 }, [9]);
    expect(added.selected).toBe(10);
    expect(added.columns.at(-1)).toEqual(column({ id: 10, method: "x", target: 4 }));
    expect(nextId(columns)).toBe(4);
  });

  it("selects a neighbour of the column that goes, and never the last one", () => {
    expect(withoutColumn(columns, 3, 3)).toMatchObject({ columns: [{ id: 1 }, { id: 2 }], selected: 2 });
    expect(withoutColumn(columns, 2, 2).selected).toBe(3);
    expect(withoutColumn(columns, 3, 1).selected).toBe(1);
    expect(withoutColumn([column({ id: 1 })], 1, 1).columns).toHaveLength(1);
    expect(withoutColumn(columns, 7, 1).columns).toBe(columns);
  });
});
