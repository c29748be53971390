import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { inBursts } from "./bursts";

describe("inBursts", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("tells the first at once, and what comes meanwhile together, in order", () => {
    const told: string[] = [];
    const schedule = inBursts(8);
    const rounds = vi.fn();
    const tell = (what: string): void => schedule(() => void told.push(`${what}@${performance.now() - began}`));
    const began = performance.now();
    tell("a");
    vi.advanceTimersByTime(0);
    expect(told).toEqual(["a@0"]);
    tell("b");
    vi.advanceTimersByTime(3);
    tell("c");
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(5);
    expect(told).toEqual(["a@0", "b@8", "c@8"]);
    vi.advanceTimersByTime(100);
    schedule(rounds);
    vi.advanceTimersByTime(0);
    expect(rounds).toHaveBeenCalledOnce();
  });

  it("keeps what is scheduled by what it tells for the next round", () => {
    const schedule = inBursts(8);
    const second = vi.fn();
    schedule(() => schedule(second));
    vi.advanceTimersByTime(0);
    expect(second).not.toHaveBeenCalled();
    vi.advanceTimersByTime(8);
    expect(second).toHaveBeenCalledOnce();
  });
});
