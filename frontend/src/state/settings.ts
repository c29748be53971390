/** What is asked, after the defaults of the explorer: what Fetch would send. */

import type {
  AttributionRequest,
  Description,
  ExplorerSummary,
  MethodDescription,
  ModelDescription,
  Smoothing,
  TargetChoice,
} from "../api/types";
import { plainly, type BaselineChoice } from "./baselines";
import { expandColumns } from "./columns";
import {
  DEFAULT_COUNT,
  DEFAULT_K,
  FIRST_METHOD,
  retargetOf,
  type Arguments,
  type Ask,
  type Browse,
  type ColumnAsk,
} from "./page";
import { functionOf, writeTarget, type Resolved } from "./target";

type Precision = AttributionRequest["precision"];

/** A column with every default filled in. */
export interface Settings {
  readonly id: number;
  /** What of it was chosen. */
  readonly ask: ColumnAsk;
  readonly explorer: string;
  readonly model: ModelDescription;
  readonly method: MethodDescription;
  /** Only what differs from the schema's defaults. */
  readonly arguments: Arguments;
  /** Chosen, whether the method needs one or not. */
  readonly layer: string | null;
  readonly target: TargetChoice;
  readonly baseline: BaselineChoice;
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

/** The models that are shown where none are chosen. */
export function usualModels(description: Description): ModelDescription[] {
  const presets = presetsOf(description);
  const wanted = presets.models ?? (presets.model ? [presets.model] : null);
  const chosen = wanted ? description.models.filter(({ name }) => wanted.includes(name)) : description.models;
  return chosen.length > 0 ? chosen : description.models;
}

/** Every column there is; none where the explorer offers no method at all. */
export function resolveColumns(ask: Ask, explorer: string, description: Description): Settings[] {
  const names = (models: readonly ModelDescription[]): string[] => models.map(({ name }) => name);
  return expandColumns(ask.columns, names(description.models), names(usualModels(description))).flatMap(
    (column) => resolveSettings(column, explorer, description) ?? [],
  );
}

/** Null where the explorer offers no method at all. */
export function resolveSettings(ask: ColumnAsk, explorer: string, description: Description): Settings | null {
  const presets = presetsOf(description);
  const model = description.models.find(({ name }) => name === ask.model) ?? usualModels(description)[0];
  const find = (id: string | null | undefined): MethodDescription | undefined =>
    description.methods.find((method) => method.id === id);
  const method = find(ask.method) ?? find(presets.method) ?? find(FIRST_METHOD) ?? description.methods[0];
  if (!method || !model) return null;
  const presetArguments = method.id === presets.method ? (presets.arguments as Arguments | undefined) : undefined;
  return {
    id: ask.id,
    ask,
    explorer,
    model,
    method,
    arguments: { ...presetArguments, ...(ask.arguments[method.id] ?? ask.arguments[""]) },
    layer: ask.layers[model.name] ?? presets.layer ?? model.default_layer,
    target: ask.target ?? presets.target ?? "predicted",
    baseline: plainly(ask.baseline ?? presets.baseline ?? description.baselines[0]?.id ?? "zero"),
    smoothing: method.smoothing ? (ask.smoothing === undefined ? (presets.smoothing ?? null) : ask.smoothing) : null,
    quantity: ask.quantity ?? presets.quantity ?? "output",
    precision: offeredPrecision(method, ask.precision ?? presets.precision),
  };
}

/** Something asked for, by a link or a page left open, that is not offered, and what is there instead. */
export interface Unmet {
  readonly kind: "explorer" | "model" | "method";
  readonly wanted: string;
  readonly shown: string;
}

/** Each once. What the server itself refuses, such as a layer, is not among them. */
export function unmetWishes(
  ask: Ask,
  explorer: Pick<ExplorerSummary, "id" | "name">,
  description: Description,
): Unmet[] {
  const models = usualModels(description).map(({ name }) => name);
  const wishes = ask.columns.flatMap(({ model, ...rest }): Unmet[] => {
    const isModel = model === null || description.models.some(({ name }) => name === model);
    const isMethod = rest.method === null || description.methods.some(({ id }) => id === rest.method);
    const method = resolveSettings({ ...rest, model }, explorer.id, description)?.method.name ?? "";
    return [
      ...(isModel ? [] : [{ kind: "model", wanted: model, shown: models.join(", ") } as const]),
      ...(isMethod ? [] : [{ kind: "method", wanted: rest.method ?? "", shown: method } as const]),
    ];
  });
  const elsewhere = ask.explorer !== null && ask.explorer !== explorer.id;
  const all: Unmet[] = [
    ...(elsewhere ? [{ kind: "explorer", wanted: ask.explorer ?? "", shown: explorer.name } as const] : []),
    ...wishes,
  ];
  return [...new Map(all.map((unmet) => [`${unmet.kind} ${unmet.wanted}`, unmet])).values()];
}

/** What is asked for where the method can be computed so, otherwise exact. */
function offeredPrecision(method: MethodDescription, wanted: Precision | null | undefined): Precision {
  return wanted && method.precisions.includes(wanted) ? wanted : "exact";
}

export const needsLayer = (method: MethodDescription): boolean => method.needs.includes("layer");
export const needsBaseline = (method: MethodDescription): boolean => method.needs.includes("baseline");

/** Why the method cannot explain this model, if so. */
export function unavailable(method: MethodDescription, model: string): string | null {
  return method.unavailable[model]?.join(" ") ?? null;
}

/** What is explained of one sample, which may be another class than the rest's. */
export function targetFor({ ask, model, target }: Settings, sample: number): TargetChoice {
  return retargetOf(ask, model.name, sample) ?? target;
}

export const isAvailable = ({ method, model }: Settings): boolean => unavailable(method, model.name) === null;

export function buildRequest(settings: Settings, samples: readonly number[], target: TargetChoice): AttributionRequest {
  const { method, model } = settings;
  return {
    explorer: settings.explorer,
    model: model.name,
    samples: [...samples],
    method: method.id,
    arguments: settings.arguments,
    target,
    layer: needsLayer(method) ? settings.layer : null,
    baseline: settings.baseline,
    smoothing: settings.smoothing,
    quantity: functionOf(target) === null ? settings.quantity : "output",
    precision: settings.precision,
    priority: "interactive",
  };
}

/** A request, and the column that it fills. */
export interface ColumnRequest {
  readonly column: number;
  readonly request: AttributionRequest;
}

/** One request for each column and target; columns whose model the method cannot explain are left out. */
export function buildRequests(columns: readonly Settings[], samples: readonly number[]): ColumnRequest[] {
  return columns.filter(isAvailable).flatMap((settings) => {
    const groups = new Map<string, { target: TargetChoice; members: number[] }>();
    for (const sample of samples) {
      const target = targetFor(settings, sample);
      const key = writeTarget(target);
      groups.set(key, { target, members: [...(groups.get(key)?.members ?? []), sample] });
    }
    return [...groups.values()].map(({ target, members }) => ({
      column: settings.id,
      request: buildRequest(settings, members, target),
    }));
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
