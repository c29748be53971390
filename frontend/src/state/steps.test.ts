import { describe, expect, it } from "vitest";

import type { LayerDescription } from "../api/types";
import { isQuick, layerBeside } from "./steps";

const layer = (name: string, selectable = true): LayerDescription => ({
  name,
  type: "Conv2d",
  output_shape: [1],
  selectable,
  reason: selectable ? null : "it is not called",
});

describe("layerBeside", () => {
  const layers = [layer("", false), layer("a"), layer("b", false), layer("c")];
  it("skips what cannot be used, and ends at both ends", () => {
    expect(layerBeside(layers, "a", 1)).toBe("c");
    expect(layerBeside(layers, "c", -1)).toBe("a");
    expect(layerBeside(layers, "c", 1)).toBeNull();
    expect(layerBeside(layers, "a", -1)).toBeNull();
  });
});

describe("isQuick", () => {
  it("counts the maps that are not stored", () => {
    expect(isQuick(null, 4, 4)).toBe(true);
    expect(isQuick(2, 0, 2)).toBe(true);
    expect(isQuick(2, 1, 2)).toBe(false);
    expect(isQuick(null, 1, 2)).toBe(false);
    expect(isQuick(0, 0, 0)).toBe(false);
  });
});
