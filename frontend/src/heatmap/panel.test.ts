import { describe, expect, it } from "vitest";

import { barEnds, panelSign, panelStyle, paintStyle } from "./panel";
import { colourScale } from "./scales";

const redBlue = colourScale("red-blue");
const viridis = colourScale("viridis");

describe("a panel", () => {
  it("shows one sign where it is named after one, else the chosen one", () => {
    expect(panelSign("positive", "all")).toBe("positive");
    expect(panelSign("negative", "positive")).toBe("negative");
    expect(panelSign("overlay", "absolute")).toBe("absolute");
  });

  it("is a heat map unless it needs the image", () => {
    expect(["heat", "positive", "negative", "overlay", "masked"].map((panel) => panelStyle(panel as "heat"))).toEqual([
      "heat",
      "heat",
      "heat",
      "overlay",
      "masked",
    ]);
  });

  it("paints nothing where the image is not there yet", () => {
    const out = new Uint32Array(2);
    paintStyle("overlay", Float32Array.of(1, -1), { sign: "all", limit: 1 }, redBlue, 1, null, out);
    expect([...out]).toEqual([0, 0]);
    paintStyle("heat", Float32Array.of(1, -1), { sign: "all", limit: 1 }, redBlue, 1, null, out);
    expect(out.every((pixel) => pixel !== 0)).toBe(true);
  });
});

describe("a colour bar", () => {
  it("reaches from the lowest to the highest value that has a colour", () => {
    expect(barEnds(redBlue, "all", 2, "heat")).toEqual([-2, 2]);
    expect(barEnds(redBlue, "positive", 2, "heat")).toEqual([0, 2]);
    expect(barEnds(redBlue, "negative", 2, "overlay")).toEqual([-2, 0]);
    expect(barEnds(redBlue, "absolute", 2, "heat")).toEqual([0, 2]);
  });

  it("begins at nothing where only magnitude is shown", () => {
    expect(barEnds(viridis, "all", 2, "heat")).toEqual([0, 2]);
    expect(barEnds(redBlue, "all", 2, "masked")).toEqual([0, 2]);
  });
});
