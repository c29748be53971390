/** What the server says in English, in the language of the page. What has no translation, a user's own method, stays. */

import type { BaselineDescription, Description, MethodDescription } from "../api/types";
import type { Text } from "./en";

export function phrase(text: Text, english: string): string {
  if (Object.hasOwn(text.phrases, english)) return text.phrases[english] ?? english;
  for (const { pattern, words } of templatesOf(text)) {
    const values = pattern.exec(english)?.groups;
    if (values) return words.replace(PLACE, (_, name: string) => values[name] ?? "");
  }
  return english;
}

/** One of an argument's choices. */
export function choiceName(text: Text, choice: string | number | boolean): string {
  const said = phrase(text, String(choice));
  if (said !== String(choice) || Object.hasOwn(text.phrases, said)) return said;
  const words = said.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const PLACE = /\{(\w+)\}/g;

interface Template {
  readonly pattern: RegExp;
  readonly words: string;
}

const templates = new WeakMap<Text, readonly Template[]>();

/** Phrases with places in braces, for what differs from time to time. */
function templatesOf(text: Text): readonly Template[] {
  const known = templates.get(text);
  if (known) return known;
  const made = Object.entries(text.phrases)
    .filter(([english]) => english.search(PLACE) >= 0)
    .map(([english, words]) => {
      const fixed = english.replace(/[.*+?^$()[\]|\\]/g, "\\$&");
      return { pattern: new RegExp(`^${fixed.replace(PLACE, "(?<$1>.+?)")}$`, "s"), words };
    });
  templates.set(text, made);
  return made;
}

export function localise(text: Text, description: Description): Description {
  return {
    ...description,
    methods: description.methods.map((method) => localiseMethod(text, method)),
    models: description.models.map((model) => ({
      ...model,
      layers: model.layers.map((layer) =>
        layer.reason === null ? layer : { ...layer, reason: phrase(text, layer.reason) },
      ),
    })),
    baselines: description.baselines.map((baseline) => localiseBaseline(text, baseline)),
    features: description.features.map((feature) => ({
      ...feature,
      baselines: (feature.baselines ?? []).map((baseline) => localiseBaseline(text, baseline)),
    })),
  };
}

function localiseBaseline(text: Text, baseline: BaselineDescription): BaselineDescription {
  return { ...baseline, name: phrase(text, baseline.name), description: phrase(text, baseline.description) };
}

function localiseMethod(text: Text, method: MethodDescription): MethodDescription {
  const say = (english: string): string => phrase(text, english);
  return {
    ...method,
    name: say(method.name),
    summary: say(method.summary),
    limitations: method.limitations.map(say),
    arguments: localiseSchema(say, method.arguments) as MethodDescription["arguments"],
    unavailable: Object.fromEntries(Object.entries(method.unavailable).map(([model, why]) => [model, why.map(say)])),
  };
}

const WORDS = new Set(["title", "description", "unit"]);

/** A JSON Schema with its titles, descriptions and units translated; an argument may be called `unit` itself. */
function localiseSchema(say: (english: string) => string, part: unknown): unknown {
  if (Array.isArray(part)) return part.map((item) => localiseSchema(say, item));
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(
    Object.entries(part).map(([key, value]) => [
      key,
      WORDS.has(key) && typeof value === "string" ? say(value) : localiseSchema(say, value),
    ]),
  );
}
