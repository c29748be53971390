import { describe, expect, it } from "vitest";

import { completeness } from "./completeness";
import { formatShare, formatSignedShare, formatValue } from "./numbers";

describe("formatValue", () => {
  it.each([
    [0, "0"],
    [1, "1"],
    [-0.5, "−0.5"],
    [0.1234, "0.123"],
    [12.345, "12.3"],
    [1234.5, "1235"],
    [99999, "99999"],
    [123456, "1.23×10⁵"],
    [0.00012, "1.2×10⁻⁴"],
    [-1e-7, "−1×10⁻⁷"],
    [NaN, "NaN"],
    [-Infinity, "−∞"],
  ])("%d → %s", (value, words) => {
    expect(formatValue(value)).toBe(words);
  });
});

describe("formatShare", () => {
  it.each([
    [0.9968, "99.7 %"],
    [1, "100.0 %"],
    [0.99999, "> 99.9 %"],
    [0.00001, "< 0.1 %"],
    [0, "0.0 %"],
  ])("%d → %s", (share, words) => {
    expect(formatShare(share)).toBe(words);
  });
});

describe("completeness", () => {
  it("is the delta as a share of the difference", () => {
    expect(completeness(8, 3, -0.25)).toEqual({ gap: 0.05, difference: 5, delta: -0.25 });
  });

  it("is nothing where the method tells no delta or no baseline", () => {
    expect(completeness(8, 3, null)).toBeNull();
    expect(completeness(8, null, 0.1)).toBeNull();
  });

  it("is perfect with no delta and boundless without a difference", () => {
    expect(completeness(3, 3, 0)?.gap).toBe(0);
    expect(completeness(3, 3, 0.1)?.gap).toBe(Infinity);
  });
});

describe("formatSignedShare", () => {
  it("keeps the sign and what lies beyond everything", () => {
    expect([-0.123, 0, 1.5, -0.0001].map(formatSignedShare)).toEqual(["−12.3 %", "0.0 %", "150.0 %", "0.0 %"]);
  });
});
