/** Maps, methods and numbers in words. */

import type { Description, MethodDescription, ResultInfo, Smoothing } from "../api/types";
import { completeness, formatShare, formatValue, WIDE_GAP } from "../heatmap";
import type { Place } from "../state/launches";
import type { Arguments, Scalar } from "../state/page";
import { argumentFields, type ArgumentField } from "../state/schema";
import { fullArguments, needsBaseline } from "../state/settings";
import type { Text } from "./en";
import { baselineWords } from "./baselines";
import { phrase } from "./localise";

export function formatScalar(text: Text, value: Scalar): string {
  if (typeof value === "boolean") return value ? text.map.on : text.map.off;
  return typeof value === "number" ? formatValue(value, 6) : phrase(text, value);
}

/** What matters of the arguments: quantities with a unit, and whatever is not as usual. */
export function describeArguments(text: Text, method: MethodDescription, chosen: Arguments): string[] {
  const values = fullArguments(method, chosen);
  const fields = argumentFields(method);
  const byName = new Map(fields.map((field) => [field.name, field]));
  const said = new Set<string>();
  return fields.flatMap((field) => {
    const value = values[field.name];
    if (value === undefined || said.has(field.name)) return [];
    const stem = /^(.+)_height$/.exec(field.name)?.[1];
    const width = stem === undefined ? undefined : byName.get(`${stem}_width`);
    if (stem !== undefined && width) {
      said.add(width.name);
      const area = `${formatScalar(text, value)}×${formatScalar(text, values[width.name] ?? value)}`;
      return [text.map.argument(phrase(text, stem.replaceAll("_", " ")), withUnit(text, area, field))];
    }
    const shown = formatScalar(text, value);
    const along = /^(.+)_length$/.exec(field.name)?.[1];
    if (along !== undefined) return [text.map.argument(phrase(text, along), withUnit(text, shown, field))];
    const unit = field.unit ?? countOf(field);
    if (unit !== null && !field.advanced) return [text.map.quantity(shown, unit)];
    return value === field.default ? [] : [text.map.argument(field.title.toLowerCase(), withUnit(text, shown, field))];
  });
}

/** Captum's `n_…` arguments count what their title names: 50 steps. */
function countOf({ name, title }: ArgumentField): string | null {
  return name.startsWith("n_") ? title.toLowerCase() : null;
}

function withUnit(text: Text, value: string, { unit }: ArgumentField): string {
  return unit === null ? value : text.map.quantity(value, unit);
}

export function describeSmoothing(text: Text, { type, samples, noise }: Smoothing): string {
  return text.map.smoothed(text.settings.smoothingTypes[type], samples, text.map.noise(noise));
}

/** "Integrated Gradients, 50 steps" */
export function describeMethod(
  text: Text,
  method: MethodDescription,
  chosen: Arguments,
  smoothing: Smoothing | null,
): string {
  const parts = [method.name, ...describeArguments(text, method, chosen)];
  return [...parts, ...(smoothing ? [describeSmoothing(text, smoothing)] : [])].join(text.separator);
}

export interface Caption {
  /** Method, arguments, layer, baseline. */
  readonly how: string;
  /** "explains the output for 'cat' before softmax" */
  readonly what: string;
}

/** What of a map's making is told; known of a map under way, too. */
export type Making = Pick<
  ResultInfo,
  | "model"
  | "method"
  | "arguments"
  | "smoothing"
  | "layer"
  | "baseline"
  | "quantity"
  | "target"
  | "target_name"
  | "against"
  | "against_name"
  | "region"
  | "function"
>;

export function describeResult(text: Text, info: Making, description: Description): Caption {
  const method = description.methods.find(({ id }) => id === info.method);
  const parts = method
    ? [describeMethod(text, method, info.arguments as Arguments, info.smoothing)]
    : [info.method, ...Object.entries(info.arguments).map(([name, value]) => text.map.argument(name, String(value)))];
  if (info.layer !== null) parts.push(text.map.layer(info.layer));
  if (info.baseline !== null && (!method || needsBaseline(method)))
    parts.push(baselineWords(text, info.baseline, description));
  return { how: parts.join(text.separator), what: describeQuantity(text, info, description, method) };
}

function describeQuantity(
  text: Text,
  info: Making,
  { has_score, score_name, models, threshold = null }: Description,
  method: MethodDescription | undefined,
): string {
  if (method && !method.takes_target) {
    const layer = info.layer ?? "";
    const { unit } = info.arguments as Arguments;
    return typeof unit === "number" ? text.map.explainsUnit(unit, layer) : text.map.explainsLayer(layer);
  }
  if (info.function) return text.outputs.explainsFunction(info.function);
  const [name, rival] = [classWord(info.target, info.target_name), classWord(info.against, info.against_name)];
  const isMap = models.some((model) => model.name === info.model && model.map_shape);
  const where = (what: string): string => (isMap ? text.outputs.explainsRegion(what, info.region ?? null) : what);
  if (info.quantity === "score") return where(text.map.explainsScore(score_name, name, rival));
  const what = name === null ? text.map.explainsValue : text.map.explainsClass(name, rival);
  if (!has_score) return where(what);
  return where(
    what +
      text.map.before(
        score_name !== "probability" ? score_name : threshold === null ? text.map.softmax : text.map.sigmoid,
      ),
  );
}

/** "cat", or "cat rather than dog" */
export function targetName(
  text: Text,
  info: Pick<Making, "target" | "target_name"> & Partial<Pick<Making, "against" | "against_name">>,
): string | null {
  const [name, rival] = [classWord(info.target, info.target_name), classWord(info.against, info.against_name)];
  return name !== null && rival !== null ? text.target.rather(name, rival) : name;
}

function classWord(index: number | null | undefined, name: string | null | undefined): string | null {
  return name ?? (index === null || index === undefined ? null : String(index));
}

/** "3rd, about 40 s" */
export function describePlace(text: Text, { position, seconds }: Place): string {
  return text.fetch.place(position, seconds === null ? null : text.fetch.about(seconds));
}

export interface CompletenessWords {
  readonly words: string;
  readonly advice: string | null;
}

/** How well the attributions add up, and what to do where they do not. Null for methods that make no such promise. */
export function describeCompleteness(text: Text, info: ResultInfo, description: Description): CompletenessWords | null {
  if (info.delta === null) return null;
  const sum = completeness(info.output, info.output_baseline, info.delta);
  if (!sum) return { words: text.map.delta(formatValue(info.delta)), advice: null };
  if (!Number.isFinite(sum.gap)) return { words: text.map.noDifference(formatValue(info.delta)), advice: null };
  const words = sum.gap <= 1 ? text.map.complete(formatShare(1 - sum.gap)) : text.map.gap(formatShare(sum.gap));
  const steps = description.methods.find(({ id }) => id === info.method)?.arguments.properties as
    Record<string, unknown> | undefined;
  return { words, advice: sum.gap > WIDE_GAP && steps && "n_steps" in steps ? text.map.raiseSteps : null };
}

/** A prediction's score as the page shows it everywhere. */
export function formatScore(score: number, scoreName: string): string {
  return scoreName === "probability" ? `${(score * 100).toFixed(1)} %` : formatValue(score);
}
