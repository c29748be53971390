/** A map in the size of its image, enlarged once. */

import type { SampleFeature } from "../../api/types";
import { enlarge, type HeatMap } from "../../heatmap";
import type { Drawable } from "../types";

const enlarged = new WeakMap<HeatMap, Float32Array>();

export function drawnValues(result: Drawable, feature: SampleFeature): Float32Array | null {
  const map = result.maps[feature.name];
  const info = result.info.maps.find((entry) => entry.feature === feature.name);
  if (!map || !info) return null;
  let values = enlarged.get(map);
  if (!values) enlarged.set(map, (values = enlarge(map, feature.width, feature.height, info.interpolation)));
  return values;
}
