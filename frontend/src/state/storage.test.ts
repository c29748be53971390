import { describe, expect, it } from "vitest";

import { allowed } from "./storage";

describe("a browser's memory", () => {
  it("is used where it may be", () => {
    const kept = new Map<string, string>();
    const memory = allowed(() => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    }));
    memory.setItem("a", "1");
    expect(memory.getItem("a")).toBe("1");
  });

  it("forgets where the browser refuses it", () => {
    const memory = allowed(() => {
      throw new DOMException("Access is denied for this document.", "SecurityError");
    });
    memory.setItem("a", "1");
    expect(memory.getItem("a")).toBeNull();
  });
});
