import { describe as group, expect, it } from "vitest";

import type { ResultInfo } from "../api/types";
import { description, method } from "../state/fixtures";
import { describeCompleteness, describeMethod, describePlace, describeResult, formatScore } from "./describe";
import { en } from "./en";

const info = (patch: Partial<ResultInfo> = {}): ResultInfo => ({
  key: "k",
  model: "a",
  sample: 0,
  method: "integrated_gradients",
  arguments: { n_steps: 50, method: "gausslegendre" },
  target: 0,
  target_name: "cat",
  layer: null,
  baseline: "zero",
  smoothing: null,
  quantity: "output",
  precision: "exact",
  maps: [],
  output: 8,
  output_baseline: 3,
  delta: 0.015,
  seconds: 1,
  notices: [],
  ...patch,
});

group("describeResult", () => {
  it("says what is explained and how", () => {
    expect(describeResult(en, info(), description())).toEqual({
      what: "explains the output for 'cat' before softmax",
      how: "Integrated Gradients, 50 steps, zero baseline",
    });
  });

  it("speaks of softmax only where there is one", () => {
    const what = (about: Parameters<typeof description>[0], patch: Partial<ResultInfo> = {}): string =>
      describeResult(en, info(patch), description(about)).what;
    expect(what({ has_score: false, score_name: "score" })).toBe("explains the output for 'cat'");
    expect(what({ score_name: "odds" })).toBe("explains the output for 'cat' before odds");
    expect(what({}, { quantity: "score" })).toBe("explains the probability for 'cat'");
    expect(what({ has_score: false }, { target: null, target_name: null })).toBe("explains the output value");
    expect(what({ has_score: false }, { target: 3, target_name: null })).toBe("explains the output for '3'");
    const rival = { against: 1, against_name: "dog" };
    expect(what({ has_score: false }, rival)).toBe("explains the output for 'cat' rather than 'dog'");
  });

  it("names what is not as usual, the layer and the smoothing", () => {
    const smoothing = { type: "smoothgrad", samples: 20, noise: 0.15, seed: 0 } as const;
    const odd = info({ arguments: { n_steps: 7, method: "riemann_left" }, smoothing });
    expect(describeResult(en, odd, description()).how).toBe(
      "Integrated Gradients, 7 steps, quadrature riemann_left, SmoothGrad, 20 × 15 % noise, zero baseline",
    );
    const cam = info({ method: "grad_cam", arguments: {}, layer: "layer4", baseline: null });
    expect(describeResult(en, cam, description()).how).toBe("Grad-CAM, 50 steps, layer layer4");
  });

  it("names the unit or the layer where no class is explained", () => {
    const unit = method({ id: "neuron_gradient", space: "neuron", takes_target: false });
    const values = method({ id: "layer_activation", space: "layer", takes_target: false });
    const about = description({ methods: [unit, values] });
    const patch = { target: null, target_name: null, layer: "conv4", baseline: null };
    const what = (id: string, chosen: ResultInfo["arguments"]): string =>
      describeResult(en, info({ ...patch, method: id, arguments: chosen }), about).what;
    expect(what("neuron_gradient", { unit: 3 })).toBe("explains unit 3 of layer conv4, not a class");
    expect(what("layer_activation", {})).toBe("shows the values of layer conv4, not of a class");
  });

  it("still tells of a method that is not offered any more", () => {
    expect(describeResult(en, info({ method: "gone" }), description()).how).toContain("gone, n_steps 50");
  });
});

group("describeMethod", () => {
  it("joins height and width", () => {
    const size = (value: number) => ({ type: "integer", title: "Window", default: value, unit: "px" });
    const occlusion = method({
      name: "Occlusion",
      arguments: {
        properties: { window_height: size(6), window_width: size(6), stride_height: size(2), stride_width: size(2) },
      },
    });
    expect(describeMethod(en, occlusion, { window_width: 8 }, null)).toBe("Occlusion, window 6×8 px, stride 2×2 px");
  });
});

group("describeMethod of a text or a row", () => {
  it("counts in the input's own unit", () => {
    const size = (value: number) => ({ type: "integer", title: "Window length", default: value, unit: "tokens" });
    const occlusion = method({
      name: "Occlusion",
      arguments: { properties: { window_length: size(1), stride_length: size(1) } },
    });
    expect(describeMethod(en, occlusion, { window_length: 3 }, null)).toBe(
      "Occlusion, window 3 tokens, stride 1 token",
    );
  });
});

group("describeCompleteness", () => {
  const words = (patch: Partial<ResultInfo>) => describeCompleteness(en, info(patch), description());

  it("tells the share of the score difference that is explained", () => {
    expect(words({})).toEqual({ words: "explains 99.7 % of the score difference", advice: null });
  });

  it("asks for more steps when the gap is wider than 5 %", () => {
    expect(words({ delta: 0.25 })?.advice).toBeNull();
    expect(words({ delta: -0.3 })).toEqual({
      words: "explains 94.0 % of the score difference",
      advice: "Raise n_steps",
    });
    expect(words({ delta: 10 })?.words).toBe("completeness gap 200.0 % of the score difference");
  });

  it("does not advise steps where the method has none", () => {
    const about = description({ methods: [method({ arguments: { properties: {} } })] });
    expect(describeCompleteness(en, info({ delta: 1 }), about)?.advice).toBeNull();
  });

  it("is silent for methods that promise nothing, and plain where a share means nothing", () => {
    expect(words({ delta: null })).toBeNull();
    expect(words({ output_baseline: null, delta: 0.5 })?.words).toBe("convergence delta 0.5");
    expect(words({ output: 3, delta: 0.5 })?.words).toContain("does not differ");
  });
});

group("describePlace", () => {
  it.each([
    [1, 5, "next, about 5 s"],
    [1, null, "next"],
    [2, 0.4, "2nd, less than 1 s"],
    [3, 40, "3rd, about 40 s"],
    [11, 600, "11th, about 10 min"],
    [22, null, "22nd"],
    [113, null, "113th"],
  ])("says place %i with %s s", (position, seconds, words) => {
    expect(describePlace(en, { position, seconds })).toBe(words);
  });
});

group("formatScore", () => {
  it("shows probabilities in percent and other scores as numbers", () => {
    expect(formatScore(0.8123, "probability")).toBe("81.2 %");
    expect(formatScore(-3.14159, "score")).toBe("−3.14");
  });
});
