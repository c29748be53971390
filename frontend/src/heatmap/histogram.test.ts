import { describe, expect, it } from "vitest";

import { histogram } from "./histogram";

const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * 0.7) * Math.cos(i * 0.13) - 0.2);

describe("histogram", () => {
  it("counts every value where it belongs", () => {
    const found = histogram(values, 40)!;
    expect(found.total).toBe(5000);
    found.counts.forEach((count, i) => {
      const [low, high] = [found.edges[i]!, found.edges[i + 1]!];
      const last = i === found.counts.length - 1;
      expect(count).toBe(values.filter((value) => value >= low && (last ? value <= high : value < high)).length);
    });
  });

  it("has bars of one round width, an edge at 0, and about as many as asked for", () => {
    const { edges, counts } = histogram(values, 40)!;
    expect(edges).toContain(0);
    const width = edges[1]! - edges[0]!;
    expect(Number(width.toPrecision(6))).toBe(0.05);
    expect(edges).toHaveLength(counts.length + 1);
    expect(counts.length).toBeGreaterThan(16);
    expect(counts.length).toBeLessThanOrEqual(42);
  });

  it("reaches from 0 where all values have one sign", () => {
    const { edges } = histogram(Float32Array.from([2, 3, 4]), 4)!;
    expect([edges[0], edges[edges.length - 1]]).toEqual([0, 4]);
  });

  it("leaves out what is not finite, and is null of nothing", () => {
    expect(histogram(Float32Array.from([NaN, 1, Infinity]))!.total).toBe(1);
    expect(histogram(Float32Array.from([NaN]))).toBeNull();
  });

  it("has one bar for zeros", () => {
    expect(histogram(new Float32Array(6))).toEqual({ edges: [0, 1], counts: [6], total: 6 });
  });

  it.each([1e-7, 3e4, 1e20])("works at the scale of %d", (scale) => {
    const { counts, total } = histogram(
      values.map((value) => value * scale),
      40,
    )!;
    expect(counts.reduce((a, b) => a + b, 0)).toBe(total);
    expect(total).toBe(5000);
  });
});
