/** What is true of a sample, of one class or of several. */

import type { Description, ModelDescription, Sample } from "../api/types";

type Labelled = Pick<Sample, "label" | "more_labels" | "no_class" | "predictions" | "reaching">;
type Label = NonNullable<Sample["label"]>;

export const allLabels = ({ label, more_labels }: Labelled): readonly Label[] =>
  label === null ? [] : [label, ...(more_labels ?? [])];

/** The classes among them. */
export const labelsOf = (sample: Labelled): number[] => allLabels(sample).flatMap(({ index }) => index ?? []);

/** Whether the first prediction is the label, or with a threshold all that reach it are; null where there is no telling. */
export function verdict(
  sample: Labelled,
  model: Pick<ModelDescription, "name" | "outputs" | "map_shape">,
  { threshold = null }: Pick<Description, "threshold">,
): boolean | null {
  const predictions = sample.predictions[model.name] ?? [];
  const labels = labelsOf(sample);
  const [top] = predictions;
  const known = labels.length > 0 || sample.no_class;
  if (!top || !known || model.outputs === 1 || model.map_shape) return null;
  if (threshold === null) return top.index === labels[0];
  const predicted = sample.reaching?.[model.name] ?? [];
  return predicted.length === labels.length && predicted.every((index) => labels.includes(index));
}
