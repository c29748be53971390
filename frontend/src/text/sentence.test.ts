import { describe, expect, it } from "vitest";

import { errorText } from ".";
import { errorBody } from "../api/errors";
import { en } from "./en";
import { zh } from "./zh";

const range = { ...errorBody("out_of_range", "x is 9; it must be 0 to 5."), field: "x" };

describe("errorText", () => {
  it("says the field, the value and the bounds in Chinese", () => {
    const error = { ...range, params: { value: 9, low: 0, high: 5 } };
    expect(errorText(zh, error)).toBe("x 为 9，必须在 0 到 5 之间。");
  });

  it("takes a plainer sentence where a parameter is missing", () => {
    expect(errorText(zh, { ...range, params: { value: -1, low: 0, high: null } })).toBe("x 为 −1，不得小于 0。");
    expect(errorText(zh, range)).toContain(range.message);
  });

  it("keeps the server's words for what it cannot translate", () => {
    expect(errorText(zh, errorBody("brand_new", "Something."))).toBe("Something.");
    expect(errorText(zh, errorBody("toString", "Something."))).toBe("Something.");
    expect(errorText(en, range)).toBe(range.message);
  });

  it("knows the page's own failures", () => {
    expect(errorText(zh, errorBody("unreachable", ""))).toBe(zh.errors.messages.unreachable);
  });
});
