import type { Description, ModelDescription } from "../api/types";

/** Every class a model may predict, by its name or else its number. */
export function classNames(description: Description, models: readonly ModelDescription[]): string[] {
  const named = description.classes ?? [];
  const outputs = models.map((model) => (model.outputs === 1 ? 0 : (model.outputs ?? 0)));
  return Array.from({ length: Math.max(named.length, ...outputs) }, (_, index) => named[index] ?? String(index));
}

export function classOptions(names: readonly string[]): { value: string; label: string }[] {
  return names.map((label, index) => ({ value: String(index), label }));
}
