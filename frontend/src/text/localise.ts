/** What the server says in English, in the language of the page. What has no translation, a user's own method, stays. */

import type { Description, MethodDescription } from "../api/types";
import type { Text } from "./en";

export function phrase(text: Text, english: string): string {
  return Object.hasOwn(text.phrases, english) ? (text.phrases[english] ?? english) : english;
}

export function localise(text: Text, description: Description): Description {
  return {
    ...description,
    methods: description.methods.map((method) => localiseMethod(text, method)),
    baselines: description.baselines.map((baseline) => ({
      ...baseline,
      name: phrase(text, baseline.name),
      description: phrase(text, baseline.description),
    })),
  };
}

function localiseMethod(text: Text, method: MethodDescription): MethodDescription {
  const say = (english: string): string => phrase(text, english);
  return {
    ...method,
    name: say(method.name),
    summary: say(method.summary),
    limitations: method.limitations.map(say),
    arguments: localiseSchema(say, method.arguments) as MethodDescription["arguments"],
    unavailable: Object.fromEntries(Object.entries(method.unavailable).map(([model, why]) => [model, say(why)])),
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
