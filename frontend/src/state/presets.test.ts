import { describe, expect, it } from "vitest";

import { column, description } from "./fixtures";
import { INITIAL, type ColumnAsk, type Page } from "./page";
import { presetColumn, presetDisplay, presetShown, type Preset } from "./presets";
import { resolveSettings, type Settings } from "./settings";
import { parse, serialise } from "./url";

const SQUARES: Preset = {
  name: "Squares",
  settings: {
    method: "integrated_gradients",
    arguments: { n_steps: 20 },
    smoothing: { type: "smoothgrad_sq", samples: 100, noise: 0.2, seed: 0 },
    outlier: 10,
  },
};
const CAM: Preset = { name: "Cam", settings: { method: "grad_cam", layer: "layer3", target: "label" } };
const about = description({ presets: [SQUARES, CAM] });

function settings(ask: Partial<ColumnAsk>): Settings {
  const found = resolveSettings(column(ask), "scenes", about);
  if (!found) throw new Error("no settings");
  return found;
}

describe("a preset", () => {
  const before = { baseline: "black", target: 3, precision: "fast", layers: { a: "conv1" }, model: "a" } as const;

  it("is all of a column's settings but model and target", () => {
    expect(presetColumn(SQUARES, settings(before))).toMatchObject({
      model: "a",
      method: "integrated_gradients",
      arguments: { integrated_gradients: { n_steps: 20 } },
      smoothing: { type: "smoothgrad_sq", samples: 100 },
      baseline: null,
      precision: null,
      target: 3,
    });
    expect(presetColumn(CAM, settings(before))).toMatchObject({
      smoothing: null,
      target: "label",
      layers: { a: "layer3" },
    });
  });

  it("without a method sets the usual one's arguments anew", () => {
    const plain: Preset = { name: "Plain", settings: { baseline: "black" } };
    const asked = settings({ ...before, arguments: { integrated_gradients: { n_steps: 200 } } });
    const chosen = presetColumn(plain, asked);
    expect(settings({ ...chosen }).arguments).toEqual({});
    const own = { ...plain, settings: { arguments: { n_steps: 20 } } };
    expect(settings({ ...presetColumn(own, asked) }).arguments).toEqual({ n_steps: 20 });
  });

  it("draws as it says, else as the page starts", () => {
    expect(presetDisplay(SQUARES)).toEqual({ outlier: 10, sign: "auto" });
    expect(presetDisplay({ name: "", settings: { sign: "absolute" } })).toEqual({ outlier: 2, sign: "absolute" });
    expect(presetDisplay({ name: "", settings: { sign: "both" } }).sign).toBe("auto");
  });
});

describe("presetShown", () => {
  const shown = (ask: Partial<ColumnAsk>, display = INITIAL.display): string | null =>
    presetShown(settings(ask), display, about);

  it("is none until one is chosen, and none after a setting changes", () => {
    const chosen = presetColumn(SQUARES, settings({ model: "a" }));
    const display = { ...INITIAL.display, ...presetDisplay(SQUARES) };
    expect(shown({})).toBeNull();
    expect(shown(chosen, display)).toBe("Squares");
    expect(shown({ ...chosen, target: 5 }, display)).toBe("Squares");
    expect(shown(chosen)).toBeNull();
    expect(shown({ ...chosen, arguments: {} }, display)).toBeNull();
    expect(shown({ ...chosen, smoothing: null }, display)).toBeNull();
  });

  it("is the same after a reload where it lists one baseline", () => {
    const listed: Preset = { name: "Black", settings: { method: "integrated_gradients", baseline: ["black"] } };
    const offering = description({ presets: [listed] });
    const chosen = { ...presetColumn(listed, settings({})), id: 1 };
    const page: Page = { ...INITIAL, ask: { ...INITIAL.ask, columns: [chosen] } };
    const [reloaded] = parse(serialise(page)).ask.columns;
    for (const ask of [chosen, reloaded])
      expect(presetShown(settings({ ...ask }), INITIAL.display, offering)).toBe("Black");
  });

  it("tells presets apart by what they set", () => {
    expect(shown(presetColumn(CAM, settings({ model: "a" })))).toBe("Cam");
    expect(shown({ ...presetColumn(CAM, settings({ model: "a" })), target: 5 })).toBeNull();
  });
});
