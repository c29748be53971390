import { describe, expect, it } from "vitest";

import { model, sample } from "./fixtures";
import { allLabels, labelsOf, verdict } from "./labels";

const scored = (...scores: number[]) =>
  scores.map((score, index) => ({ index, name: String(index), score, output: score }));
const of = (label: number | null, more: number[], ...scores: number[]) => ({
  ...sample(0),
  label: label === null ? null : { index: label, name: "x" },
  more_labels: more.map((index) => ({ index, name: String(index) })),
  predictions: { a: scored(...scores) },
  reaching: { a: scores.flatMap((score, index) => (score >= 0.5 ? [index] : [])) },
});

describe("verdict", () => {
  it("is of the first prediction where classes exclude each other", () => {
    expect(verdict(of(0, [], 0.9, 0.1), model("a"), { threshold: null })).toBe(true);
    expect(verdict(of(1, [], 0.9, 0.1), model("a"), {})).toBe(false);
  });

  it("is of all that reach the threshold where they do not", () => {
    const wanted = { threshold: 0.5 };
    expect(verdict(of(1, [0], 0.9, 0.6, 0.1), model("a"), wanted)).toBe(true);
    expect(verdict(of(0, [], 0.9, 0.6, 0.1), model("a"), wanted)).toBe(false);
    expect(verdict(of(0, [1, 2], 0.9, 0.6, 0.1), model("a"), wanted)).toBe(false);
  });

  it("counts what reaches the threshold beyond the predictions shown", () => {
    const many = { ...of(0, [1], 0.9, 0.6), reaching: { a: [0, 1, 30] } };
    expect(verdict(many, model("a"), { threshold: 0.5 })).toBe(false);
    const right = { ...many, more_labels: [1, 30].map((index) => ({ index, name: String(index) })) };
    expect(verdict(right, model("a"), { threshold: 0.5 })).toBe(true);
  });

  it("is of the empty set where a sample is known to be of no class", () => {
    const none = (score: number) => ({ ...of(null, [], score), no_class: true });
    expect(verdict(none(0.2), model("a"), { threshold: 0.5 })).toBe(true);
    expect(verdict(none(0.9), model("a"), { threshold: 0.5 })).toBe(false);
  });

  it("is none without labels, for one value, or for a map", () => {
    expect(verdict(of(null, [], 0.9), model("a"), {})).toBeNull();
    expect(verdict(of(0, [], 0.9), model("a", { outputs: 1 }), {})).toBeNull();
    expect(verdict(of(0, [], 0.9), model("a", { map_shape: [8, 8] }), {})).toBeNull();
  });
});

describe("labels", () => {
  it("are all of them, the first one first", () => {
    expect(labelsOf(of(2, [0, 1], 0.9))).toEqual([2, 0, 1]);
    expect(allLabels(of(null, [], 0.9))).toEqual([]);
  });
});
