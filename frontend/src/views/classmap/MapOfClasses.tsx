import { lazy, Suspense, type ReactElement } from "react";

import type { Sample } from "../../api/types";
import { isPictured } from "../../features";
import type { Settings } from "../../state/settings";

const ClassMap = lazy(() => import("./ClassMap"));

interface MapOfClassesProps {
  sample: Sample;
  settings: Settings;
}

/** Where the model's output is a map of several classes: what each place is read as. */
export function MapOfClasses({ sample, settings }: MapOfClassesProps): ReactElement | null {
  const { model } = settings;
  const feature = sample.features.find(isPictured);
  if (!model.map_shape || model.outputs === 1 || !feature) return null;
  return (
    <Suspense fallback={null}>
      <ClassMap sample={sample} settings={settings} feature={feature} />
    </Suspense>
  );
}
