/** What is asked, after the defaults of the explorer: what Fetch would send. */

import type {
  AttributionRequest,
  Description,
  MethodDescription,
  ModelDescription,
  Smoothing,
  TargetChoice,
} from "../api/types";
import { DEFAULT_COUNT, DEFAULT_K, FIRST_METHOD, retargetOf, type Arguments, type Ask, type Browse } from "./page";
import { writeTarget, type Resolved } from "./target";

type Precision = AttributionRequest["precision"];

export interface Settings {
  readonly explorer: string;
  readonly models: readonly ModelDescription[];
  readonly method: MethodDescription;
  /** Only what differs from the schema's defaults. */
  readonly arguments: Arguments;
  readonly layers: Readonly<Record<string, string | null>>;
  readonly target: TargetChoice;
  readonly baseline: string;
  readonly smoothing: Smoothing | null;
  readonly quantity: AttributionRequest["quantity"];
  readonly precision: Precision;
}

type Presets = Partial<AttributionRequest> & { models?: string[]; count?: number; k?: number };

const presetsOf = (description: Description): Presets => description.defaults;

export function resolveCounts(browse: Browse, description: Description): { count: number; k: number } {
  const presets = presetsOf(description);
  return { count: browse.count ?? presets.count ?? DEFAULT_COUNT, k: browse.k ?? presets.k ?? DEFAULT_K };
}

export function resolveModels(ask: Ask, description: Description): ModelDescription[] {
  const presets = presetsOf(description);
  const wanted = ask.models ?? presets.models ?? (presets.model ? [presets.model] : null);
  const chosen = wanted ? description.models.filter((model) => wanted.includes(model.name)) : description.models;
  return chosen.length > 0 ? chosen : description.models;
}

/** Null where the explorer offers no method at all. */
export function resolveSettings(ask: Ask, explorer: string, description: Description): Settings | null {
  const presets = presetsOf(description);
  const models = resolveModels(ask, description);
  const find = (id: string | null | undefined): MethodDescription | undefined =>
    description.methods.find((method) => method.id === id);
  const method = find(ask.method) ?? find(presets.method) ?? find(FIRST_METHOD) ?? description.methods[0];
  if (!method) return null;
  const presetArguments = method.id === presets.method ? (presets.arguments as Arguments | undefined) : undefined;
  return {
    explorer,
    models,
    method,
    arguments: { ...presetArguments, ...(ask.arguments[method.id] ?? ask.arguments[""]) },
    layers: Object.fromEntries(
      models.map((model) => [model.name, ask.layers[model.name] ?? presets.layer ?? model.default_layer]),
    ),
    target: ask.target ?? presets.target ?? "predicted",
    baseline: ask.baseline ?? presets.baseline ?? description.baselines[0]?.id ?? "zero",
    smoothing: method.smoothing ? (ask.smoothing === undefined ? (presets.smoothing ?? null) : ask.smoothing) : null,
    quantity: ask.quantity ?? presets.quantity ?? "output",
    precision: offeredPrecision(method, ask.precision ?? presets.precision),
  };
}

/** What is asked for where the method can be computed so, otherwise exact. */
function offeredPrecision(method: MethodDescription, wanted: Precision | null | undefined): Precision {
  return wanted && method.precisions.includes(wanted) ? wanted : "exact";
}

export const needsLayer = (method: MethodDescription): boolean => method.needs.includes("layer");
export const needsBaseline = (method: MethodDescription): boolean => method.needs.includes("baseline");

/** Why the method cannot explain this model, if so. */
export function unavailable(method: MethodDescription, model: string): string | null {
  return method.unavailable[model] ?? null;
}

export function buildRequest(
  settings: Settings,
  model: string,
  samples: readonly number[],
  target: TargetChoice,
): AttributionRequest {
  const { method } = settings;
  return {
    explorer: settings.explorer,
    model,
    samples: [...samples],
    method: method.id,
    arguments: settings.arguments,
    target,
    layer: needsLayer(method) ? (settings.layers[model] ?? null) : null,
    baseline: settings.baseline,
    smoothing: settings.smoothing,
    quantity: settings.quantity,
    precision: settings.precision,
    priority: "interactive",
  };
}

/** One request for each model and target; models that the method cannot explain are left out. */
export function buildRequests(settings: Settings, ask: Ask, samples: readonly number[]): AttributionRequest[] {
  return settings.models
    .filter((model) => unavailable(settings.method, model.name) === null)
    .flatMap(({ name }) => {
      const groups = new Map<string, { target: TargetChoice; members: number[] }>();
      for (const sample of samples) {
        const target = retargetOf(ask, name, sample) ?? settings.target;
        const key = writeTarget(target);
        groups.set(key, { target, members: [...(groups.get(key)?.members ?? []), sample] });
      }
      return [...groups.values()].map(({ target, members }) => buildRequest(settings, name, members, target));
    });
}

/** The schema's defaults, then what was chosen. */
export function fullArguments(method: MethodDescription, chosen: Readonly<Record<string, unknown>>): Arguments {
  const properties = (method.arguments.properties ?? {}) as Record<string, { default?: unknown }>;
  const defaults = Object.entries(properties).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(defaults), ...chosen } as Arguments;
}

/** Two maps of a sample with equal keys were asked for with the same settings. */
export function settingsKey(
  request: AttributionRequest,
  method: MethodDescription | undefined,
  target: Resolved,
): string {
  const values = method ? fullArguments(method, request.arguments ?? {}) : (request.arguments ?? {});
  return JSON.stringify([
    request.model,
    request.method,
    Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)),
    method && !method.takes_target ? null : (target ?? null),
    request.layer ?? null,
    method && !needsBaseline(method) ? null : request.baseline,
    request.smoothing ?? null,
    request.quantity,
    request.precision,
  ]);
}
