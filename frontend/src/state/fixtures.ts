/** Small truthful objects for tests. */

import { ApiError, errorBody } from "../api/errors";
import type {
  AttributionRequest,
  Description,
  Job,
  JobItem,
  MethodDescription,
  ModelDescription,
  Sample,
} from "../api/types";
import type { JobRoutes } from "./fetching";
import { BLANK, type ColumnAsk } from "./page";
import type { ColumnRequest } from "./settings";

export function method(patch: Partial<MethodDescription> = {}): MethodDescription {
  return {
    id: "integrated_gradients",
    name: "Integrated Gradients",
    class_name: "IntegratedGradients",
    family: "path",
    space: "feature",
    summary: "",
    limitations: [],
    deviations: [],
    references: [],
    anytime: true,
    stochastic: false,
    needs: ["baseline"],
    takes_target: true,
    distribution: 0,
    smoothing: true,
    sign: "all",
    precisions: ["exact", "fused", "fast"],
    unavailable: {},
    arguments: {
      type: "object",
      properties: {
        n_steps: { type: "integer", title: "Steps", default: 50, minimum: 1, maximum: 1000 },
        method: {
          enum: ["gausslegendre", "riemann_left"],
          title: "Quadrature",
          default: "gausslegendre",
          advanced: true,
        },
      },
    },
    ...patch,
  };
}

export function model(name: string, patch: Partial<ModelDescription> = {}): ModelDescription {
  return {
    name,
    class_name: "Net",
    parameters: 10,
    outputs: 10,
    layers: [],
    forward_seconds: 0.002,
    default_layer: "layer4",
    default_layer_holds: "convolution",
    notices: [],
    ...patch,
  };
}

export function description(patch: Partial<Description> = {}): Description {
  return {
    name: "Scenes",
    classes: ["cat", "dog"],
    models: [model("a"), model("b")],
    features: [{ name: "image", kind: "image", shape: [3, 8, 8] }],
    methods: [
      method(),
      method({ id: "grad_cam", name: "Grad-CAM", needs: ["layer"], smoothing: false, sign: "positive" }),
    ],
    baselines: [{ id: "zero", name: "Zero", description: "zero here = mean grey" }],
    score_name: "probability",
    has_score: true,
    dataset_length: null,
    defaults: {},
    notices: [],
    fingerprint: "f",
    declaration: "d",
    device: "cpu",
    ...patch,
  };
}

export function sample(index: number, top = 0, label: number | null = 0): Sample {
  const prediction = (k: number): Sample["predictions"][string][number] => ({
    index: k,
    name: `class ${k}`,
    score: 0.5,
    output: 1,
  });
  return {
    index,
    sha256: "",
    label: label === null ? null : { index: label, name: `class ${label}` },
    no_class: false,
    features: [{ name: "image", kind: "image", width: 8, height: 8, evidence: false }],
    shapes: [[3, 8, 8]],
    errors: {},
    predictions: { a: [prediction(top), prediction(1 - top)], b: [prediction(1 - top), prediction(top)] },
  };
}

export function request(patch: Partial<AttributionRequest> = {}): AttributionRequest {
  return {
    explorer: "scenes",
    model: "a",
    samples: [0, 1],
    method: "integrated_gradients",
    arguments: {},
    target: "predicted",
    layer: null,
    baseline: "zero",
    smoothing: null,
    quantity: "output",
    precision: "exact",
    priority: "interactive",
    ...patch,
  };
}

export function columnRequest(patch: Partial<AttributionRequest> = {}, column = 1): ColumnRequest {
  return { column, request: request(patch) };
}

export function column(patch: Partial<ColumnAsk> = {}): ColumnAsk {
  return { ...BLANK, ...patch };
}

export function item(index: number, state: JobItem["state"] = "queued", patch: Partial<JobItem> = {}): JobItem {
  return { sample: index, target: 0, target_name: "cat", key: `key${index}`, state, error: null, ...patch };
}

export function job(id: string, patch: Partial<Job> = {}): Job {
  return {
    id,
    state: "queued",
    request: request(),
    items: [item(0), item(1)],
    cost: { forward: 50, backward: 50 },
    done: 0,
    total: 100,
    eta_seconds: null,
    position: null,
    wait_seconds: null,
    error: null,
    ...patch,
  };
}

/** Takes every job and leaves it queued. */
export class Server implements JobRoutes {
  jobs = new Map<string, Job>();
  asked: string[] = [];
  refusal: ApiError | null = null;

  startJob = (asked: AttributionRequest): Promise<Job> => {
    if (this.refusal) return Promise.reject(this.refusal);
    const made = job(`j${this.jobs.size + 1}`, { request: asked, items: asked.samples.map((sample) => item(sample)) });
    this.jobs.set(made.id, made);
    return Promise.resolve(made);
  };

  getJob = (id: string): Promise<Job> => {
    this.asked.push(id);
    const found = this.jobs.get(id);
    return found ? Promise.resolve(found) : Promise.reject(new ApiError(404, errorBody("not_found", "")));
  };

  cancelJob = (id: string): Promise<Job> => {
    const found = this.jobs.get(id);
    if (!found) return Promise.reject(new ApiError(404, errorBody("not_found", "")));
    const cancelled: Job = {
      ...found,
      state: "cancelled",
      items: found.items.map((one) => (one.state === "done" ? one : { ...one, state: "cancelled" })),
    };
    this.jobs.set(id, cancelled);
    return Promise.resolve(cancelled);
  };
}
