import { describe, expect, it } from "vitest";

import { classOptions } from "../state/classes";
import { searchClasses, SHOWN } from "./classSearch";

const NAMES = Array.from({ length: 1000 }, (_, n) => `${n % 2 ? "lynx" : "great heron"} of kind ${n >> 1}`);
const OPTIONS = [
  { value: "predicted", label: "Predicted class" },
  { group: "Classes", items: classOptions(NAMES) },
];

const found = (search: string): string[] =>
  searchClasses({ options: OPTIONS, search, limit: Infinity }).flatMap((option) =>
    "items" in option ? option.items.map(({ value }) => value) : [option.value],
  );

describe("searchClasses", () => {
  it("finds each of a thousand classes by its number and by its name", () => {
    for (const [n, name] of NAMES.entries()) {
      expect(found(String(n))[0]).toBe(String(n));
      expect(found(name.toUpperCase())[0]).toBe(String(n));
    }
  });

  it("finds by words in any order, beginnings first", () => {
    expect(found("kind 7 heron")[0]).toBe("14");
    expect(found("ly")).toHaveLength(SHOWN);
    expect(found("pred")).toEqual(["predicted"]);
    expect(found("no such class")).toEqual([]);
  });

  it("lists no more than can be drawn at once", () => {
    expect(found("")).toHaveLength(SHOWN);
  });
});
