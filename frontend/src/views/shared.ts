/** One end of the colour scale for all comparable maps on the page. */

import { useMemo } from "react";

import { useResults, type Result } from "../api/queries";
import type { ResultInfo } from "../api/types";
import { rendererOf } from "../features";
import { cellKey } from "../state/launches";
import { useDisplay } from "../state/services";
import { signOf } from "../state/sign";
import { useWorkspace } from "./workspace";

export type SharedLimits = ReadonlyMap<string, number>;

const NONE: SharedLimits = new Map();

/** Maps are comparable when the same method explains the same quantity of the same model, whose scores have a scale. */
export function sharedKey({ model, method, quantity, smoothing }: ResultInfo): string {
  return JSON.stringify([model, method, quantity, smoothing?.type ?? null]);
}

/** The largest of the limits that the maps would choose for themselves, so that none is clipped more than alone. */
export function useSharedLimits(): SharedLimits {
  const { description, settings, samples, cells } = useWorkspace();
  const { shared, sign, outlier } = useDisplay();
  const shown = samples.items.flatMap((sample) =>
    settings.models.flatMap((model) => {
      const key = cells.get(cellKey(model.name, sample.index))?.shown?.item.key ?? null;
      return key === null ? [] : [{ sample, key }];
    }),
  );
  const results = useResults(shared ? [...new Set(shown.map(({ key }) => key))] : []);
  const loaded = new Map(results.flatMap(({ data }) => (data ? [[data.info.key, data] as const] : [])));
  const fingerprint = [...loaded.keys()].join();

  return useMemo(() => {
    if (!shared) return NONE;
    const limits = new Map<string, number>();
    for (const { sample, key } of shown) {
      const result: Result | undefined = loaded.get(key);
      if (!result) continue;
      const { info } = result;
      const method = description.methods.find(({ id }) => id === info.method);
      for (const feature of sample.features) {
        const limit = rendererOf(feature).limit(result, feature, signOf(sign, method, info.smoothing), outlier);
        limits.set(sharedKey(info), Math.max(limits.get(sharedKey(info)) ?? 0, limit));
      }
    }
    return limits;
    // `shown` and `loaded` are new each time; what they hold is in the fingerprint.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shared, sign, outlier, fingerprint, description]);
}
