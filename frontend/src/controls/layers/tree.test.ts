import { describe, expect, it } from "vitest";

import type { LayerDescription } from "../../api/types";
import { ancestorsOf, layerTree, moveOf, openAtFirst, rowsOf, searched, typedAhead, type Row } from "./tree";

const layer = (name: string, type = "Sequential"): LayerDescription => ({
  name,
  type,
  output_shape: [1],
  selectable: true,
  reason: null,
});
const LAYERS = [
  layer("conv1", "Conv2d"),
  layer("layer1"),
  layer("layer1.0", "BasicBlock"),
  layer("layer1.0.conv1", "Conv2d"),
  layer("layer1.0.relu", "ReLU"),
  layer("layer1.1", "BasicBlock"),
  layer("layer1.1.conv1", "Conv2d"),
  layer("layer2"),
  layer("fc", "Linear"),
];
const TREE = layerTree(LAYERS);
const names = (rows: readonly Row[]): string[] => rows.map(({ branch }) => branch.layer.name);
const all = new Set(LAYERS.map(({ name }) => name));

describe("layerTree", () => {
  it("follows the paths, in the model's order", () => {
    expect(TREE.map(({ label }) => label)).toEqual(["conv1", "layer1", "layer2", "fc"]);
    expect(TREE[1]?.children[0]?.children.map(({ label }) => label)).toEqual(["conv1", "relu"]);
  });

  it("keeps the path of a layer whose module is not listed", () => {
    expect(layerTree([layer("blocks.3")])).toEqual([{ layer: layer("blocks.3"), label: "blocks.3", children: [] }]);
  });
});

describe("rowsOf", () => {
  it("lists what is in open branches alone, with its place", () => {
    const rows = rowsOf(TREE, new Set(["layer1"]));
    expect(names(rows)).toEqual(["conv1", "layer1", "layer1.0", "layer1.1", "layer2", "fc"]);
    expect(rows[3]).toMatchObject({ level: 2, place: 2, siblings: 2, open: false, parent: "layer1" });
    expect(rows[5]).toMatchObject({ level: 1, place: 4, siblings: 4, open: null, parent: null });
  });
});

describe("openAtFirst", () => {
  it("opens all of a small model, and the way to what is chosen in a large one", () => {
    expect(openAtFirst(LAYERS, [null]).size).toBe(LAYERS.length);
    const many = Array.from({ length: 500 }, (_, i) => layer(`blocks.${i}`));
    expect([...openAtFirst([layer("blocks"), ...many], ["blocks.7", null])]).toEqual(["blocks"]);
    expect(ancestorsOf("a.b.c")).toEqual(["a", "a.b"]);
  });
});

describe("searched", () => {
  const listed = (query: string): string[] => {
    const { tree, open } = searched(TREE, query);
    return names(rowsOf(tree, open));
  };

  it("keeps what a find is inside of", () => {
    expect(listed("relu")).toEqual(["layer1", "layer1.0", "layer1.0.relu"]);
    expect(searched(TREE, "relu").found).toBe(1);
  });

  it("finds by type, by path and by several words", () => {
    expect(listed("linear")).toEqual(["fc"]);
    expect(listed("layer1.1")).toEqual(["layer1", "layer1.1"]);
    expect(listed("layer1 conv2d")).toEqual(["layer1", "layer1.0", "layer1.0.conv1", "layer1.1", "layer1.1.conv1"]);
  });

  it("brings what is inside of a find, closed", () => {
    const { tree, open } = searched(TREE, "LAYER1");
    expect(names(rowsOf(tree, open))).toEqual(["layer1"]);
    expect(names(rowsOf(tree, all))).toContain("layer1.0.relu");
  });

  it("finds nothing where nothing is", () => {
    expect(listed("transformer")).toEqual([]);
  });
});

describe("moveOf", () => {
  const rows = rowsOf(TREE, new Set(["layer1"]));
  it("goes up and down, and stays at the ends", () => {
    expect(moveOf("ArrowDown", rows, "layer1")).toEqual({ to: "layer1.0" });
    expect(moveOf("ArrowUp", rows, "layer1")).toEqual({ to: "conv1" });
    expect(moveOf("ArrowUp", rows, "conv1")).toEqual({});
    expect(moveOf("Home", rows, "fc")).toEqual({ to: "conv1" });
    expect(moveOf("End", rows, "conv1")).toEqual({ to: "fc" });
  });

  it("opens and enters, closes and leaves", () => {
    expect(moveOf("ArrowRight", rows, "layer1.0")).toEqual({ open: "layer1.0" });
    expect(moveOf("ArrowRight", rows, "layer1")).toEqual({ to: "layer1.0" });
    expect(moveOf("ArrowRight", rows, "fc")).toEqual({});
    expect(moveOf("ArrowLeft", rows, "layer1")).toEqual({ close: "layer1" });
    expect(moveOf("ArrowLeft", rows, "layer1.0")).toEqual({ to: "layer1" });
    expect(moveOf("ArrowLeft", rows, "fc")).toEqual({});
  });

  it("begins at the top where the row is gone, and leaves other keys alone", () => {
    expect(moveOf("ArrowDown", rows, "gone")).toEqual({ to: "conv1" });
    expect(moveOf("x", rows, "fc")).toBeNull();
  });
});

describe("typedAhead", () => {
  const rows = rowsOf(TREE, new Set());
  it("goes to the next, around the end, and on with a longer beginning", () => {
    expect(typedAhead(rows, "conv1", "l")).toBe("layer1");
    expect(typedAhead(rows, "layer1", "l")).toBe("layer2");
    expect(typedAhead(rows, "layer2", "l")).toBe("layer1");
    expect(typedAhead(rows, "layer1", "La")).toBe("layer1");
    expect(typedAhead(rows, "fc", "z")).toBeNull();
  });
});
