/** The page's state as URL parameters. Defaults are left out; what cannot be read is ignored. */

import type { Smoothing } from "../api/types";
import { SCALE_IDS } from "../heatmap";
import { readBaseline, writeBaseline } from "./baselines";
import { MOST_COLUMNS } from "./columns";
import { FIRST_OWN } from "./own";
import {
  BLANK,
  INITIAL,
  ORDERS,
  PANELS,
  SIGN_CHOICES,
  SIZES,
  type Arguments,
  type Ask,
  type Browse,
  type ColumnAsk,
  type Display,
  type Page,
  type Retarget,
  type Scalar,
} from "./page";
import { readTarget, writeTarget } from "./target";
import { readView, writeView } from "./view";

const ARGUMENT = "arg.";
const LAYER = "layer.";
const OFF = "off";

export function serialise({ ask, browse, display, fetched, view }: Page): URLSearchParams {
  const out = new URLSearchParams();
  const put = (key: string, value: string | number | boolean | null | undefined, usual?: unknown): void => {
    if (value !== null && value !== undefined && value !== usual) out.append(key, String(value));
  };

  put("explorer", ask.explorer);
  const ids = ask.columns.map(({ id }) => id).join(",");
  put("columns", ids, String(BLANK.id));
  put("column", ask.selected, ask.columns[0]?.id);
  put("together", ask.together, INITIAL.ask.together);
  for (const column of ask.columns) {
    const prefix = prefixOf(column.id);
    for (const [key, value] of writeColumn(column)) put(prefix + key, value);
  }

  put("start", browse.start, INITIAL.browse.start);
  put("count", browse.count);
  put("k", browse.k);
  put("order", browse.order, INITIAL.browse.order);
  put("by", browse.by);
  put("predicted", browse.predicted);
  put("label", browse.label);
  put("correct", browse.correct);
  put("scan", browse.scan, INITIAL.browse.scan);
  for (const index of browse.own) put("own", index);

  put("panels", display.panels.join(","), INITIAL.display.panels.join(","));
  put("sign", display.sign, INITIAL.display.sign);
  put("opacity", display.opacity, INITIAL.display.opacity);
  put("outlier", display.outlier, INITIAL.display.outlier);
  put("scale", display.scale, INITIAL.display.scale);
  put("shared", display.shared || null);
  put("evidence", display.evidence || null);
  put("size", display.size, INITIAL.display.size);
  put("maps", fetched || null);

  for (const [key, value] of writeView(view)) put(key, value);
  return out;
}

/** The whole address that shows `page`: nothing of the address before but its place, so no token. */
export function linkTo({ origin, pathname }: Pick<Location, "origin" | "pathname">, page: Page): string {
  const query = serialise(page).toString();
  return origin + pathname + (query ? `?${query}` : "");
}

export function parse(params: URLSearchParams): Page {
  return {
    ask: parseAsk(params),
    browse: parseBrowse(params),
    display: parseDisplay(params),
    fetched: params.get("maps") === "true",
    view: readView(params),
  };
}

/** The first column's settings stand by themselves, those of the others behind their number. */
const prefixOf = (id: number): string => (id === BLANK.id ? "" : `c${id}.`);

function* writeColumn(column: ColumnAsk): Iterable<[key: string, value: string | null | undefined]> {
  const { model, method, layers, target, retargets, baseline, smoothing, quantity, precision } = column;
  yield ["model", model];
  yield ["method", method];
  for (const [name, value] of Object.entries(column.arguments[method ?? ""] ?? {}))
    yield [ARGUMENT + name, writeScalar(value)];
  for (const [of, layer] of Object.entries(layers)) yield [LAYER + of, layer];
  yield ["target", target === null ? null : writeTarget(target)];
  for (const { sample, target: other, model: of } of retargets)
    yield ["explain", `${sample}.${writeTarget(other)}.${of}`];
  yield ["baseline", baseline === null ? null : writeBaseline(baseline)];
  yield ["smoothing", smoothing === null ? OFF : smoothing && writeSmoothing(smoothing)];
  yield ["quantity", quantity];
  yield ["precision", precision];
}

function parseAsk(params: URLSearchParams): Ask {
  const ids = readIds(params.get("columns"));
  const columns = ids ? ids.map((id) => parseColumn(params, id)) : parseModels(params);
  const selected = readInteger(params.get("column"), 1);
  return {
    explorer: params.get("explorer"),
    columns,
    selected: columns.find(({ id }) => id === selected)?.id ?? columns[0]?.id ?? BLANK.id,
    together: params.get("together") !== "false",
  };
}

function readIds(value: string | null): number[] | null {
  const ids = (value ?? "").split(",").flatMap((id) => readInteger(id, 1) ?? []);
  return ids.length > 0 ? [...new Set(ids)].slice(0, MOST_COLUMNS) : null;
}

/** Before there were columns, several models stood side by side. */
function parseModels(params: URLSearchParams): ColumnAsk[] {
  const column = parseColumn(params, BLANK.id);
  const models = [...new Set(params.getAll("model"))].slice(0, MOST_COLUMNS);
  return models.length > 1 ? models.map((model, i) => ({ ...column, model, id: BLANK.id + i })) : [column];
}

function parseColumn(params: URLSearchParams, id: number): ColumnAsk {
  const prefix = prefixOf(id);
  const get = (key: string): string | null => params.get(prefix + key);
  const method = get("method");
  const chosen: Record<string, Scalar> = {};
  const layers: Record<string, string> = {};
  for (const [key, value] of params) {
    if (key.startsWith(prefix + ARGUMENT)) chosen[key.slice(prefix.length + ARGUMENT.length)] = readScalar(value);
    else if (key.startsWith(prefix + LAYER)) layers[key.slice(prefix.length + LAYER.length)] = value;
  }
  return {
    id,
    model: get("model"),
    method,
    arguments: Object.keys(chosen).length > 0 ? { [method ?? ""]: chosen satisfies Arguments } : {},
    layers,
    target: readTarget(get("target")),
    retargets: params.getAll(`${prefix}explain`).flatMap(readRetarget),
    baseline: readBaseline(get("baseline")),
    smoothing: readSmoothing(get("smoothing")),
    quantity: oneOf(["output", "score"], get("quantity")),
    precision: oneOf(["exact", "fused", "fast"], get("precision")),
  };
}

function parseBrowse(params: URLSearchParams): Browse {
  const usual = INITIAL.browse;
  const correct = params.get("correct");
  return {
    start: readInteger(params.get("start"), 0) ?? usual.start,
    count: readInteger(params.get("count"), 1),
    k: readInteger(params.get("k"), 1),
    order: oneOf(ORDERS, params.get("order")) ?? usual.order,
    by: params.get("by"),
    predicted: readInteger(params.get("predicted"), 0),
    label: readInteger(params.get("label"), 0),
    correct: correct === "true" ? true : correct === "false" ? false : null,
    scan: readInteger(params.get("scan"), 1) ?? usual.scan,
    own: [...new Set(params.getAll("own").flatMap((value) => readInteger(value, FIRST_OWN) ?? []))],
  };
}

function parseDisplay(params: URLSearchParams): Display {
  const usual = INITIAL.display;
  const wanted = params.get("panels")?.split(",");
  return {
    panels: wanted ? PANELS.filter((panel) => wanted.includes(panel)) : usual.panels,
    sign: oneOf(SIGN_CHOICES, params.get("sign")) ?? usual.sign,
    opacity: readNumber(params.get("opacity"), 0, 1) ?? usual.opacity,
    outlier: readNumber(params.get("outlier"), 0, 50) ?? usual.outlier,
    scale: oneOf(SCALE_IDS, params.get("scale")) ?? usual.scale,
    shared: params.get("shared") === "true",
    evidence: params.get("evidence") === "true",
    size: oneOf(SIZES, params.get("size")) ?? usual.size,
  };
}

function oneOf<const T extends string>(allowed: readonly T[], value: string | null): T | null {
  return allowed.find((candidate) => candidate === value) ?? null;
}

function readInteger(value: string | null, low: number): number | null {
  const number = value !== null && /^\d{1,15}$/.test(value) ? Number(value) : NaN;
  return number >= low ? number : null;
}

function readNumber(value: string | null, low: number, high: number): number | null {
  const number = value === null || value === "" ? NaN : Number(value);
  return number >= low && number <= high ? number : null;
}

function readRetarget(value: string): Retarget[] {
  const match = /^(\d{1,15})\.([^.]+)\.(.+)$/s.exec(value);
  const target = readTarget(match?.[2] ?? null);
  return match && target !== null ? [{ sample: Number(match[1]), target, model: match[3] ?? "" }] : [];
}

/** Numbers and booleans as they are; a string that would read as one of them is quoted. */
function writeScalar(value: Scalar): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return typeof readScalar(value) === "string" && !value.startsWith('"') ? value : JSON.stringify(value);
}

function readScalar(text: string): Scalar {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value;
  } catch {
    return text;
  }
  return text;
}

function writeSmoothing({ type, samples, noise, seed }: Smoothing): string {
  return [type, samples, noise, seed].join(",");
}

function readSmoothing(value: string | null): Smoothing | null | undefined {
  if (value === null) return undefined;
  if (value === OFF) return null;
  const [kind = "", samples = "", noise = "", seed = ""] = value.split(",");
  const type = oneOf(["smoothgrad", "smoothgrad_sq", "vargrad"], kind);
  if (!type) return undefined;
  return {
    type,
    samples: readInteger(samples, 1) ?? 20,
    noise: readNumber(noise, 0, 1) ?? 0.15,
    seed: readInteger(seed, 0) ?? 0,
  };
}
