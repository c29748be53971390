import { describe as group, expect, it } from "vitest";

import { description, method } from "../state/fixtures";
import type { Making } from "./describe";
import { describeColours, describeMass, describeUnits, type Shown } from "./describeMap";
import { en } from "./en";

/** 6 × 6 with values at (x, y). */
const image = (...points: [number, number, number][]): Float32Array => {
  const values = new Float32Array(36);
  for (const [x, y, value] of points) values[y * 6 + x] = value;
  return values;
};

group("describeMass", () => {
  it("says where most lies, and what raises where", () => {
    // 6 of 10 in the upper left, 3 in the centre, 1 at the lower right.
    const values = image([0, 0, 6], [2, 3, 3], [5, 5, -1]);
    expect(describeMass(en, values, 6, 6, "all")).toBe(
      "60 % of the attribution lies in the upper left ninth of the image, 30 % in the centre; " +
        "positive values mostly in the upper left, negative ones mostly in the lower right.",
    );
    expect(describeMass(en, values, 6, 6, "negative")).toBe(
      "100 % of the negative attribution lies in the lower right ninth of the image.",
    );
    expect(describeMass(en, values, 6, 6, "absolute")).not.toContain("positive");
  });

  it("does not name a place of what is everywhere", () => {
    const even = new Float32Array(36).fill(0.5);
    expect(describeMass(en, even, 6, 6, "all")).toBe(
      "The attribution is spread over the whole image: no ninth of it holds more than 11 %; all values are positive.",
    );
  });

  it("says so where there is nothing", () => {
    expect(describeMass(en, new Float32Array(36), 6, 6, "all")).toBe("Nothing in this map differs from 0.");
    expect(describeMass(en, image([0, 0, 1]), 6, 6, "negative")).toBe("Nothing in this map differs from 0.");
  });
});

group("describeUnits", () => {
  it("names the largest", () => {
    expect(describeUnits(en, Float32Array.from([0, 3, -4, 1]))).toBe(
      "4 units; the largest: unit 2 with −4, unit 1 with 3, unit 3 with 1.",
    );
  });
});

group("describeColours", () => {
  const MAKING: Making = {
    model: "net",
    method: "integrated_gradients",
    arguments: {},
    smoothing: null,
    layer: null,
    baseline: "zero",
    quantity: "output",
    target: 0,
    target_name: "cat",
  };
  const SHOWN: Shown = { panel: "overlay", scale: "red-blue", sign: "all", map: { minimum: -1, maximum: 1 } };
  const about = description({
    methods: [
      method(),
      method({ id: "layer_grad_cam", family: "cam", space: "layer" }),
      method({ id: "layer_activation", space: "layer", takes_target: false }),
      method({ id: "neuron_gradient", space: "neuron", takes_target: false }),
    ],
  });
  const say = (shown: Partial<Shown> = {}, making: Partial<Making> = {}): string =>
    describeColours(en, { ...MAKING, ...making }, about, { ...SHOWN, ...shown });

  it.each<[Partial<Shown>, string]>([
    [{}, "Red pixels raised the score for 'cat', blue ones lowered it."],
    [{ scale: "green-red" }, "Green pixels raised the score for 'cat', red ones lowered it."],
    [{ scale: "blue-red" }, "Blue pixels raised the score for 'cat', red ones lowered it."],
    [{ map: { minimum: 0, maximum: 1 } }, "Red pixels raised the score for 'cat'; none lowered it."],
    [{ map: { minimum: -1, maximum: 0 } }, "Blue pixels lowered the score for 'cat'; none raised it."],
    [{ sign: "positive" }, "Red pixels raised the score for 'cat'; what lowered it is not drawn."],
    [{ sign: "negative" }, "Blue pixels lowered the score for 'cat'; what raised it is not drawn."],
    [{ panel: "negative", scale: "green-red" }, "Red pixels lowered the score for 'cat'; what raised it is not drawn."],
    [{ sign: "absolute" }, "The redder a pixel, the more it mattered for the score for 'cat', whichever way."],
    [
      { scale: "viridis" },
      "The closer to yellow a pixel, the more it mattered for the score for 'cat', whichever way.",
    ],
    [
      { scale: "white-black", sign: "positive" },
      "The darker a pixel, the more it raised the score for 'cat'; what lowered it is not drawn.",
    ],
    [{ panel: "masked" }, "The brighter a pixel, the more it mattered for the score for 'cat', whichever way."],
  ])("is true to %o", (shown, words) => {
    expect(say(shown)).toBe(words);
  });

  it("speaks of areas of a layer, of its values, and of units", () => {
    expect(say({ sign: "positive" }, { method: "layer_grad_cam", layer: "layer4" })).toBe(
      "Red areas raised the score for 'cat'; what lowered it is not drawn.",
    );
    const values = { method: "layer_activation", layer: "layer4", target: null, target_name: null };
    expect(say({}, values)).toBe("Positive values of layer4 are red, negative ones blue.");
    const unit = { ...values, method: "neuron_gradient", arguments: { unit: 17 } };
    expect(say({}, unit)).toBe("Red pixels raised unit 17 of layer4, blue ones lowered it.");
  });

  it("calls a single output a value", () => {
    expect(say({}, { target: null, target_name: null })).toBe("Red pixels raised the value, blue ones lowered it.");
  });
});
