import { describe, expect, it } from "vitest";

import { errorBody } from "../api/errors";
import { column, description, item, method, request, sample } from "./fixtures";
import { cellFreshness, isCurrent, overall } from "./freshness";
import { EMPTY_CELL, stampOf, type Cell } from "./launches";
import { INITIAL, type Ask, type ColumnAsk } from "./page";
import { argumentFields } from "./schema";
import { buildRequests, resolveColumns, resolveCounts, unmetWishes, usualModels, type Settings } from "./settings";
import { signOf } from "./sign";

const ask = (...columns: Partial<ColumnAsk>[]): Ask => ({ ...INITIAL.ask, columns: columns.map(column) });
const resolved = (patch: Partial<ColumnAsk> = {}, about = description()): Settings[] =>
  resolveColumns(ask(patch), "scenes", about);
function settings(patch: Partial<ColumnAsk> = {}, about = description()): Settings {
  const [found] = resolved(patch, about);
  if (!found) throw new Error("no settings");
  return found;
}

describe("resolveSettings", () => {
  it("starts with Integrated Gradients, each model's prediction and the zero baseline", () => {
    expect(settings()).toMatchObject({
      method: { id: "integrated_gradients" },
      model: { name: "a" },
      target: "predicted",
      baseline: "zero",
      quantity: "output",
      smoothing: null,
    });
  });

  it("takes the explorer's presets, and the reader's choice before them", () => {
    const about = description({ defaults: { method: "grad_cam", target: "label", model: "b", count: 3, k: 2 } });
    expect(settings({}, about)).toMatchObject({ method: { id: "grad_cam" }, target: "label", model: { name: "b" } });
    expect(settings({ method: "integrated_gradients", target: 1, model: "a" }, about)).toMatchObject({
      method: { id: "integrated_gradients" },
      target: 1,
      model: { name: "a" },
    });
    expect(resolveCounts(INITIAL.browse, about)).toEqual({ count: 3, k: 2 });
    expect(resolveCounts({ ...INITIAL.browse, count: 9 }, about)).toEqual({ count: 9, k: 2 });
  });

  it("falls back where a link names what is not here", () => {
    expect(settings({ method: "gone", model: "gone" })).toMatchObject({ method: { id: "integrated_gradients" } });
    expect(usualModels(description({ defaults: { model: "gone" } }))).toHaveLength(2);
    expect(resolved({}, description({ methods: [] }))).toEqual([]);
  });

  it("names what a link asks for and is not here, once, with what is there instead", () => {
    const wanted = (explorer: string | null, ...columns: Partial<ColumnAsk>[]): Ask => ({
      ...ask(...columns),
      explorer,
    });
    const here = { id: "scenes", name: "Scenes" };
    expect(unmetWishes(wanted("scenes", { method: "grad_cam", model: "a" }), here, description())).toEqual([]);
    expect(unmetWishes(wanted(null, {}), here, description())).toEqual([]);
    const gone = { method: "gone", model: "lost" };
    expect(unmetWishes(wanted("old", gone, { ...gone, id: 2 }), here, description())).toEqual([
      { kind: "explorer", wanted: "old", shown: "Scenes" },
      { kind: "model", wanted: "lost", shown: "a, b" },
      { kind: "method", wanted: "gone", shown: "Integrated Gradients" },
    ]);
  });

  it("leaves smoothing to methods that can be smoothed", () => {
    const smoothing = { type: "smoothgrad", samples: 20, noise: 0.15, seed: 0 } as const;
    expect(settings({ smoothing }).smoothing).toEqual(smoothing);
    expect(settings({ smoothing, method: "grad_cam" }).smoothing).toBeNull();
  });
});

describe("buildRequests", () => {
  it("makes one request a column", () => {
    const requests = buildRequests(resolved(), [4, 5]);
    expect(requests.map(({ column: id, request: { model: name, samples } }) => [id, name, samples])).toEqual([
      [1, "a", [4, 5]],
      [2, "b", [4, 5]],
    ]);
  });

  it("asks apart for samples that are explained for another class", () => {
    const retargeted = resolved({ retargets: [{ sample: 5, model: "a", target: 7 }] });
    const requests = buildRequests(retargeted, [4, 5]).map(({ request: r }) => [r.model, r.target, r.samples]);
    expect(requests).toEqual([
      ["a", "predicted", [4]],
      ["a", 7, [5]],
      ["b", "predicted", [4, 5]],
    ]);
  });

  it("leaves out models that the method cannot explain, and layers where none is needed", () => {
    const about = description({ methods: [method({ unavailable: { b: ["no"] } })] });
    const requests = buildRequests(resolved({}, about), [0]);
    expect(requests.map(({ request: { model: name, layer } }) => [name, layer])).toEqual([["a", null]]);
    expect(buildRequests(resolved({ method: "grad_cam" }), [0])[0]?.request.layer).toBe("layer4");
  });
});

describe("freshness", () => {
  const about = description();
  const stamp = stampOf(about, [sample(0)]);
  const shown = (target: number, patch = {}): Cell => ({
    ...EMPTY_CELL,
    latest: { request: request(patch), stamp, target },
    shown: { request: request(patch), stamp, item: item(0, "done", { target }) },
  });
  const wanted = (patch: Partial<ColumnAsk> = {}) => ({ description: about, settings: settings(patch) });

  it("is fresh while settings mean the same", () => {
    const cell = shown(0, { arguments: { n_steps: 50 } });
    expect(isCurrent(cell, wanted(), sample(0))).toBe(true);
    expect(isCurrent(cell, wanted({ target: 0 }), sample(0))).toBe(true);
    expect(isCurrent(cell, wanted({ target: "label" }), sample(0))).toBe(true);
  });

  it.each([
    { arguments: { integrated_gradients: { n_steps: 51 } } },
    { target: 1 },
    { baseline: "black" },
    { quantity: "score" },
    { retargets: [{ sample: 0, model: "a", target: 1 }] },
    { smoothing: { type: "smoothgrad", samples: 20, noise: 0.15, seed: 0 } },
    { method: "grad_cam" },
  ] satisfies Partial<ColumnAsk>[])("has changed with %j", (patch) => {
    expect(cellFreshness(shown(0), wanted(patch), sample(0))).toBe("changed");
    expect(isCurrent(shown(0), wanted(patch), sample(0))).toBe(false);
  });

  it("does not mind what the method does not use", () => {
    const cell = shown(0, { method: "grad_cam", layer: "layer4" });
    expect(isCurrent(cell, wanted({ method: "grad_cam", baseline: "black" }), sample(0))).toBe(true);
    expect(isCurrent(cell, wanted({ method: "grad_cam", layers: { a: "conv1" } }), sample(0))).toBe(false);
  });

  it("knows a clicked class as current", () => {
    const retargets = [{ sample: 0, model: "a", target: 1 }];
    expect(isCurrent(shown(1, { target: 1 }), wanted({ retargets }), sample(0))).toBe(true);
  });

  it("knows what was made before a reload, and says first that settings changed", () => {
    const reloaded = { ...wanted(), description: description({ fingerprint: "g" }) };
    expect(cellFreshness(shown(0), reloaded, sample(0))).toBe("reloaded");
    expect(isCurrent(shown(0), reloaded, sample(0))).toBe(true);
    expect(cellFreshness(shown(1), reloaded, sample(0))).toBe("changed");
    expect(overall(["fresh", "reloaded"])).toBe("reloaded");
    expect(overall(["reloaded", "changed"])).toBe("changed");
  });

  it("does not call fresh what has failed", () => {
    const failure = { request: request(), error: errorBody("worker_lost", ""), interrupted: false };
    expect(cellFreshness({ ...shown(0), failure }, wanted(), sample(0))).toBe("missing");
  });

  it("sums up", () => {
    expect(cellFreshness(EMPTY_CELL, wanted(), sample(0))).toBe("missing");
    expect(overall(["fresh", "fresh"])).toBe("fresh");
    expect(overall(["fresh", "missing"])).toBe("missing");
    expect(overall(["missing", "changed"])).toBe("changed");
    expect(overall([])).toBe("missing");
  });
});

describe("argumentFields", () => {
  it("reads bounds, units, choices and optional values", () => {
    const schema = {
      properties: {
        n_steps: { type: "integer", title: "Steps", description: "How many.", default: 50, minimum: 1, unit: "steps" },
        abs: { type: "boolean", default: true },
        kind: { enum: ["x", "y"], default: "x", advanced: true },
        only: { const: "z", default: "z" },
        noise: { anyOf: [{ type: "number", exclusiveMinimum: 0, maximum: 1 }, { type: "null" }], default: null },
      },
    };
    const [steps, abs, kind, only, noise] = argumentFields(method({ arguments: schema }));
    expect(steps).toMatchObject({
      kind: "integer",
      title: "Steps",
      default: 50,
      minimum: 1,
      maximum: null,
      unit: "steps",
    });
    expect(abs).toMatchObject({ kind: "boolean", title: "abs", default: true });
    expect(kind).toMatchObject({ kind: "choice", choices: ["x", "y"], advanced: true });
    expect(only).toMatchObject({ kind: "choice", choices: ["z"] });
    expect(noise).toMatchObject({ kind: "number", minimum: 0, maximum: 1, default: null });
  });
});

describe("signOf", () => {
  it("is the reader's, else the method's, absolute for squares", () => {
    expect(signOf("negative", method(), null)).toBe("negative");
    expect(signOf("auto", method({ sign: "positive" }), null)).toBe("positive");
    const noise = { samples: 1, noise: 0.1, seed: 0 };
    expect(signOf("auto", method(), { type: "smoothgrad", ...noise })).toBe("all");
    expect(signOf("auto", method(), { type: "smoothgrad_sq", ...noise })).toBe("absolute");
    expect(signOf("auto", method(), { type: "vargrad", ...noise })).toBe("absolute");
  });
});
