import { useEvidence } from "../../api/queries";
import { subjectOf, type FeatureProps } from "../types";

/** Whether some place from `start` to `stop` truly decides, where that is known and the reader wants to see it. */
export function useEvidenceOf(props: FeatureProps): (start: number, stop: number) => boolean {
  const { feature, display } = props;
  const { data } = useEvidence(subjectOf(props), display.evidence && feature.evidence);
  if (!display.evidence || !data) return () => false;
  return (start, stop) => data.data.slice(start, stop).some((value) => value !== 0);
}
