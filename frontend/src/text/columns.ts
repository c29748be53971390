/** What sets columns apart, in as few words as will do. */

import type { TargetChoice } from "../api/types";
import { needsBaseline, needsLayer, type Settings } from "../state/settings";
import { writeBaseline } from "../state/baselines";
import { functionOf, partsOf, type ClassChoice } from "../state/target";
import { describeArguments, describeMethod, describeSmoothing } from "./describe";
import type { Text } from "./en";

type Aspect = (settings: Settings) => string | null;

/** What is always told where columns differ in it. */
function leading(text: Text, names: readonly string[]): Aspect[] {
  return [
    ({ method }) => method.name,
    ({ model }) => model.name,
    ({ method, layer }) => (needsLayer(method) ? text.map.layer(layer ?? "") : null),
    ({ method, target }) => (method.takes_target ? targetWords(text, target, names) : null),
  ];
}

/** What is told as far as it takes to tell columns apart, the most telling first. */
function further(text: Text): Aspect[] {
  return [
    ({ method, quantity }) => (method.takes_target ? text.columns.quantities[quantity] : null),
    ({ smoothing }) => (smoothing ? describeSmoothing(text, smoothing) : null),
    ({ method, baseline }) => (needsBaseline(method) ? text.map.baseline(writeBaseline(baseline)) : null),
    ({ method, arguments: chosen }) => describeArguments(text, method, chosen).join(text.separator) || null,
    ({ precision }) => text.settings.precisions[precision],
  ];
}

/** "Occlusion", "Grad-CAM · layer conv1"; what all columns have in common is left out. */
export function columnTitles(text: Text, columns: readonly Settings[], classNames: readonly string[]): string[] {
  const parts: string[][] = columns.map(() => []);
  const tell = (aspect: Aspect): void => {
    const values = columns.map(aspect);
    const told = values.filter((value) => value !== null);
    if (new Set(told).size > 1) values.forEach((value, i) => value !== null && parts[i]?.push(value));
  };
  const areApart = (): boolean => new Set(parts.map((own) => own.join())).size === columns.length;
  leading(text, classNames).forEach(tell);
  for (const aspect of further(text)) if (!areApart()) tell(aspect);
  return parts.map((own, i) => (own.length > 0 ? own.join(" · ") : (columns[i]?.method.name ?? "")));
}

/** "predicted class", "cat rather than second prediction" */
export function targetWords(text: Text, target: TargetChoice, names: readonly string[]): string {
  const parts = partsOf(target);
  if (!parts) return functionOf(target) ?? "";
  const { of, against, region } = parts;
  const name = classWords(text, of, names);
  const what = against === null ? name : text.target.rather(name, classWords(text, against, names));
  return region === null ? what : text.outputs.inRegion(what, region);
}

function classWords(text: Text, choice: ClassChoice, names: readonly string[]): string {
  return typeof choice === "number" ? (names[choice] ?? String(choice)) : text.columns.targets[choice];
}

/** What is done to each sample: one method's arguments, or which methods there are. */
export function describeColumns(text: Text, columns: readonly Settings[]): string {
  const [first] = columns;
  if (!first) return "";
  const whole = columns.map(({ method, arguments: chosen, smoothing }) =>
    describeMethod(text, method, chosen, smoothing),
  );
  if (new Set(whole).size === 1) return whole[0] ?? "";
  return [...new Set(columns.map(({ method }) => method.name))].join(text.separator);
}
