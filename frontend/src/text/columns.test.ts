import { describe, expect, it } from "vitest";

import { column, description } from "../state/fixtures";
import { INITIAL, type ColumnAsk } from "../state/page";
import { resolveColumns, type Settings } from "../state/settings";
import { columnTitles, describeColumns } from "./columns";
import { en } from "./en";

const resolved = (...columns: Partial<ColumnAsk>[]): Settings[] =>
  resolveColumns(
    { ...INITIAL.ask, columns: columns.map((one, i) => column({ id: i + 1, model: "a", ...one })) },
    "scenes",
    description(),
  );
const titles = (...columns: Partial<ColumnAsk>[]): string[] => columnTitles(en, resolved(...columns), ["cat", "dog"]);

describe("columnTitles", () => {
  it("names what differs and nothing else", () => {
    expect(titles({})).toEqual(["Integrated Gradients"]);
    expect(titles({}, { method: "grad_cam" })).toEqual(["Integrated Gradients", "Grad-CAM"]);
    expect(titles({}, { model: "b" })).toEqual(["a", "b"]);
    expect(titles({ target: 1 }, { target: { of: "predicted", against: 0 } })).toEqual([
      "dog",
      "predicted class rather than cat",
    ]);
    const at = (layer: string): Partial<ColumnAsk> => ({ method: "grad_cam", layers: { a: layer } });
    expect(titles(at("conv1"), at("conv2"))).toEqual(["layer conv1", "layer conv2"]);
    expect(titles({}, { arguments: { integrated_gradients: { n_steps: 9 } } })).toEqual(["50 steps", "9 steps"]);
  });

  it("names more where one part is not enough", () => {
    expect(titles({}, { model: "b" }, { method: "grad_cam" })).toEqual([
      "Integrated Gradients · a",
      "Integrated Gradients · b",
      "Grad-CAM · a",
    ]);
  });

  it("leaves columns that are alike their method's name", () => {
    expect(titles({}, {})).toEqual(["Integrated Gradients", "Integrated Gradients"]);
  });
});

describe("describeColumns", () => {
  it("is one sentence of what all have in common, else the methods", () => {
    expect(describeColumns(en, resolved({}, { model: "b" }))).toBe("Integrated Gradients, 50 steps");
    expect(describeColumns(en, resolved({}, { method: "grad_cam" }))).toBe("Integrated Gradients, Grad-CAM");
  });
});
