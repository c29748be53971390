/** Sentences made of a code and its parameters. */

import { formatValue } from "../heatmap";
import type { Text } from "./en";

export interface Coded {
  readonly code: string;
  readonly message: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly field?: string | null;
}

const PLACEHOLDER = /\{(\w+)\}/g;

/** The fullest sentence that the parameters suffice for; null where there is none. */
export function sentence(text: Text, { code, message, params, field }: Coded): string | null {
  const values: Record<string, unknown> = {
    message: message || null,
    ...params,
    field: (field ?? null)?.replace(/^arguments\./, ""),
  };
  for (const template of Object.hasOwn(text.sentences, code) ? (text.sentences[code] ?? []) : []) {
    const names = [...template.matchAll(PLACEHOLDER)].map(([, name]) => name ?? "");
    if (names.every((name) => (values[name] ?? null) !== null))
      return template.replace(PLACEHOLDER, (_, name: string) => show(text, values[name]));
  }
  return null;
}

function show(text: Text, value: unknown): string {
  if (Array.isArray(value)) return value.map((part) => show(text, part)).join(text.separator);
  if (typeof value === "number") return formatValue(value, 6);
  return typeof value === "string" ? value : JSON.stringify(value);
}
