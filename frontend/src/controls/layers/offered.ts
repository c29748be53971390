/** Which of a model's layers a method can use, and which one it takes by itself. */

import type { LayerDescription, MethodDescription, ModelDescription } from "../../api/types";
import type { Text } from "../../text";

/** The model's layers; of those that the method cannot use, with the reason. */
export function offeredLayers(text: Text, method: MethodDescription, model: ModelDescription): LayerDescription[] {
  const needsPositions = method.needs.includes("positions");
  return model.layers.map((layer) => {
    const isVector = layer.output_shape != null && layer.output_shape.length < 2;
    if (!layer.selectable || !needsPositions || !isVector) return layer;
    return { ...layer, selectable: false, reason: text.layers.noPositions };
  });
}

/** What the default is marked with: for class activation maps, what it is the default for. */
export function defaultMark(text: Text, method: MethodDescription, model: ModelDescription): string {
  const holds = method.family === "cam" ? model.default_layer_holds : null;
  return holds ? text.layers.defaultFor[holds] : text.layers.default;
}
