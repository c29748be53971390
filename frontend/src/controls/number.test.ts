import { describe, expect, it } from "vitest";

import { readNumber, stepped } from "./number";

describe("readNumber", () => {
  it.each([
    ["12", 12],
    [" -0.5 ", -0.5],
    ["1e3", 1000],
    ["2.5E-1", 0.25],
    [".5", 0.5],
    ["12.", 12],
    ["−3", -3],
  ])("reads %j", (typed, number) => expect(readNumber(typed)).toBe(number));

  it.each(["", " ", "-", ".", "1e", "12a", "1,000", "0,5", "1 000", "0x10", "NaN", "Infinity", "1e999"])(
    "does not take %j for a number",
    (typed) => expect(readNumber(typed)).toBeNull(),
  );
});

describe("stepped", () => {
  it("goes on in decimal steps and stops at the bounds", () => {
    expect(stepped(0.1, 0.2, 0, 1)).toBe(0.3);
    expect(stepped(0.95, 0.1, 0, 1)).toBe(1);
    expect(stepped(1, -1, 1, null)).toBe(1);
    expect(stepped(-4, -1, null, null)).toBe(-5);
  });

  it("comes back to the bounds from beyond", () => {
    expect(stepped(2000, 1, 1, 1000)).toBe(1000);
  });
});
