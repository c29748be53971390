/** What inputs were compared with, in words. */

import type { Description, FeatureDescription } from "../api/types";
import {
  FIRST_SAMPLES,
  isSample,
  isSamples,
  namesFor,
  numberIn,
  ONE_SAMPLE,
  type BaselineChoice,
  type Offered,
} from "../state/baselines";
import type { Text } from "./en";

/** "Black", "sample 17" */
export function baselineName(text: Text, id: string, { baselines = [] }: FeatureDescription): string {
  const number = numberIn(id) ?? 0;
  if (isSample(id)) return text.outputs.sample(number);
  if (isSamples(id)) return text.outputs.samples(number);
  return baselines.find((one) => one.id === id)?.name ?? id;
}

/** "Black", "A sample" where its number stands beside it, "sample 17" where it does not. */
export function offeredName(text: Text, { slot, id }: Offered, feature: FeatureDescription): string {
  if (slot === ONE_SAMPLE) return text.outputs.oneSample;
  return slot === FIRST_SAMPLES ? text.outputs.firstSamples : baselineName(text, id, feature);
}

/** "black baseline", "mean over black, white baselines", "image: black, question: padding baseline" */
export function baselineWords(text: Text, choice: BaselineChoice, { features }: Description): string {
  const shown = features.filter(({ kind }) => kind !== "empty");
  const each = (shown.length > 0 ? shown : features).map((feature) => {
    const ids = namesFor(choice, feature);
    const names = ids.map((id) => baselineName(text, id, feature).toLowerCase()).join(text.separator);
    return { feature, names, several: ids.length > 1 || ids.some(isSamples) };
  });
  const several = each.some((one) => one.several);
  const [only] = each;
  const named =
    each.length === 1
      ? (only?.names ?? "")
      : each.map(({ feature, names }) => text.outputs.baselineFor(feature.name, names)).join(text.separator);
  return several ? text.outputs.mean(named) : text.map.baseline(named);
}
