import { describe, expect, it } from "vitest";

import { errorBody } from "../api/errors";
import type {
  AttributionRequest,
  CurveInfo,
  EvaluationRequest,
  JobItem,
  RandomisationInfo,
  ReadingInfo,
} from "../api/types";
import { checkState, curveVerdict, evaluationRequest, fills, randomFinding, sameRequest } from "./evaluations";
import { item, job, request } from "./fixtures";
import { applyReply, NO_JOBS, type Jobs } from "./jobs";
import type { Launch } from "./launches";

const CURVES: EvaluationRequest = { type: "curves", fill: "zero", orders: 5, seed: 0 };
const ASKED = request({ samples: [0], target: 0, evaluation: CURVES });

function launch(patch: Partial<Launch> = {}): Launch {
  return {
    id: 1,
    origin: "cell",
    batch: 1,
    column: 0,
    request: ASKED,
    stamp: null,
    job: null,
    held: null,
    error: null,
    ...patch,
  };
}

const known = (...jobs: Parameters<typeof job>[]): Jobs =>
  jobs.reduce((all, [id, patch]) => applyReply(all, job(id, { items: [item(0)], ...patch })), NO_JOBS);

describe("what is asked", () => {
  it("is the same map of one sample, for the class that it explains", () => {
    const made = { request: request({ samples: [3, 4], target: "predicted" }), item: item(4, "done", { target: 7 }) };
    expect(evaluationRequest(made, CURVES)).toEqual({ ...made.request, samples: [4], target: 7, evaluation: CURVES });
  });

  it("stays a contrast, in its region, or a function", () => {
    const target = (asked: AttributionRequest["target"], found: Partial<JobItem>): AttributionRequest["target"] =>
      evaluationRequest({ request: request({ target: asked }), item: item(0, "done", found) }, CURVES).target;
    const region = { left: 1, top: 2, right: 5, bottom: 6 };
    const contrast = { of: "predicted", against: "runner_up" } as const;
    expect(target(contrast, { target: 7, against: 3 })).toEqual({ of: 7, against: 3 });
    expect(target({ ...contrast, region }, { target: 7, against: 3 })).toEqual({ of: 7, against: 3, region });
    expect(target({ of: "label", region }, { target: 7 })).toEqual({ of: 7, region });
    expect(target({ function: "margin" }, { target: null })).toEqual({ function: "margin" });
  });

  it("keeps the choice of a model with a single value", () => {
    const made = { request: request({ target: "predicted" }), item: item(0, "done", { target: null }) };
    expect(evaluationRequest(made, CURVES).target).toBe("predicted");
  });

  it("offers the map's own baseline and another", () => {
    const offered = ["zero", "black", "blurred"].map((id) => ({ id, name: id, description: "" }));
    const ids = (baseline: string | null): string[] => fills(baseline, offered).map(({ id }) => id);
    expect(ids(null)).toEqual(["zero", "blurred"]);
    expect(ids("black")).toEqual(["black", "blurred"]);
    expect(ids("blurred")).toEqual(["blurred", "zero"]);
  });
});

describe("how far a check is", () => {
  it("follows its newest launch from sending to done", () => {
    expect(checkState([], NO_JOBS, ASKED).phase).toBe("idle");
    expect(checkState([launch()], NO_JOBS, ASKED).phase).toBe("sending");
    const one = [launch({ job: "j" })];
    expect(checkState(one, known(["j", {}]), ASKED).phase).toBe("queued");
    const running = known(["j", { state: "running", items: [item(0, "running")], done: 25, eta_seconds: 3 }]);
    expect(checkState(one, running, ASKED)).toMatchObject({ phase: "running", share: 0.25, etaSeconds: 3 });
    const done = known(["j", { state: "done", items: [item(0, "done")] }]);
    expect(checkState(one, done, ASKED)).toMatchObject({ phase: "done", key: "key0" });
  });

  it("tells a refusal, a failure and a cut, and nothing of what was cancelled", () => {
    const error = errorBody("not_applicable", "no");
    expect(checkState([launch({ error })], NO_JOBS, ASKED)).toMatchObject({ phase: "failed", error });
    const one = [launch({ job: "j" })];
    const failed = known(["j", { state: "failed", items: [item(0, "failed", { error })] }]);
    expect(checkState(one, failed, ASKED)).toMatchObject({ phase: "failed", error });
    const cut = known(["j", { state: "interrupted", items: [item(0, "queued")] }]);
    expect(checkState(one, cut, ASKED).error?.code).toBe("interrupted");
    const cancelled = known(["j", { state: "cancelled", items: [item(0, "cancelled")] }]);
    expect(checkState(one, cancelled, ASKED).phase).toBe("idle");
    // A job may be over before the word about its item is here.
    const early = known(["j", { state: "cancelled", items: [item(0, "running")] }]);
    expect(checkState(one, early, ASKED).phase).toBe("idle");
  });

  it("belongs to its own request alone", () => {
    const other = request({
      samples: [0],
      target: 0,
      evaluation: { type: "curves", fill: "black", orders: 5, seed: 0 },
    });
    expect(sameRequest(ASKED, other)).toBe(false);
    expect(checkState([launch()], NO_JOBS, other).phase).toBe("idle");
    const newer = [launch({ job: "j" }), launch({ id: 2, job: "k" })];
    const jobs = known(["j", { state: "failed", items: [item(0, "failed")] }], ["k", { state: "running" }]);
    expect(checkState(newer, jobs, ASKED).phase).toBe("running");
  });
});

const curve = (order: CurveInfo["order"], area: number, spread: number | null = null): CurveInfo => ({
  order,
  area,
  area_spread: spread,
  values: [],
  spread: null,
});

function reading(map: number, edges: number, random: number, spread: number): ReadingInfo {
  const curves = [curve("map", map), curve("edges", edges), curve("random", random, spread)];
  return { quantity: "output", deletion: curves, insertion: curves };
}

describe("what the areas say", () => {
  it.each([
    [1, 2, 3, 0.5, "better", "worse"],
    [1, 0.5, 3, 0.5, "edges", "worse"],
    [2.6, 2, 3, 0.5, "alike", "alike"],
    [4, 2, 3, 0.5, "worse", "better"],
    [4, 5, 3, 0.5, "worse", "edges"],
    [1, 2, 1, 0, "alike", "alike"],
  ])(
    "map %d, edges %d, random %d ± %d: deletion %s, insertion %s",
    (map, edges, random, spread, deletion, insertion) => {
      const found = reading(map, edges, random, spread);
      expect(curveVerdict(found, "deletion")).toBe(deletion);
      expect(curveVerdict(found, "insertion")).toBe(insertion);
    },
  );

  it("say nothing without controls", () => {
    expect(curveVerdict({ quantity: "output", deletion: [curve("map", 1)], insertion: [] }, "deletion")).toBeNull();
  });
});

describe("what the random models say", () => {
  const finding = (signed: number | null, absolute: number | null): ReturnType<typeof randomFinding> => {
    const step = (s: number | null, a: number | null): RandomisationInfo["steps"][number] => ({
      layers: [],
      maps: [],
      signed: s,
      absolute: a,
    });
    return randomFinding({ type: "randomisation", stages: 2, seed: 0, steps: [step(1, 1), step(signed, absolute)] });
  };

  it.each([
    [0.95, 0.97, "hardly", false],
    [-0.9, 0.2, "hardly", false],
    [0.1, 0.85, "hardly", false],
    [0.6, 0.6, "partly", false],
    [0.05, 0.6, "changes", true],
    [0.05, 0.2, "changes", false],
    [null, 0.2, "unknown", false],
  ])("signed %s, absolute %s: %s", (signed, absolute, verdict, whereNotWhat) => {
    expect(finding(signed, absolute)).toEqual({ verdict, whereNotWhat });
  });

  it("say nothing where there are none", () => {
    expect(randomFinding({ type: "randomisation", stages: 1, seed: 0, steps: [] }).verdict).toBe("unknown");
  });
});
