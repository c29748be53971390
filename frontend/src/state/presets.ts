/** Settings that the explorer offers under a name. */

import type { AttributionRequest, Description } from "../api/types";
import { INITIAL, SIGN_CHOICES, type Arguments, type ColumnAsk, type Display } from "./page";
import { resolveSettings, settingsKey, buildRequest, type Settings } from "./settings";
import { writeTarget } from "./target";

export type Preset = NonNullable<Description["presets"]>[number];

type Chosen = Partial<AttributionRequest> & Partial<Pick<Display, "outlier" | "sign">>;

/** The column as the preset has it: what it leaves out is as the page starts, but model and target stay. */
export function presetColumn({ settings }: Preset, { ask, model }: Settings): Omit<ColumnAsk, "id"> {
  const chosen: Chosen = settings;
  const { method = null, layer, target } = chosen;
  return {
    ...ask,
    method,
    // Without a method, what was chosen for any before would win over what the preset says.
    arguments: { ...(method !== null && ask.arguments), [method ?? ""]: (chosen.arguments ?? {}) as Arguments },
    layers: layer ? { ...ask.layers, [model.name]: layer } : {},
    target: target ?? ask.target,
    retargets: target === undefined ? ask.retargets : [],
    baseline: chosen.baseline ?? null,
    smoothing: chosen.smoothing ?? (method === null ? undefined : null),
    quantity: chosen.quantity ?? null,
    precision: chosen.precision ?? null,
  };
}

/** How the preset has maps drawn. */
export function presetDisplay({ settings }: Preset): Pick<Display, "outlier" | "sign"> {
  const { outlier, sign }: Chosen = settings;
  return {
    outlier: outlier ?? INITIAL.display.outlier,
    sign: SIGN_CHOICES.find((choice) => choice === sign) ?? INITIAL.display.sign,
  };
}

/** The name of the preset that the column is set to, if it is one. */
export function presetShown(
  settings: Settings,
  display: Pick<Display, "outlier" | "sign">,
  description: Description,
): string | null {
  const key = (of: Settings): string => settingsKey(buildRequest(of, [], of.target), of.method, writeTarget(of.target));
  const found = (description.presets ?? []).find((preset) => {
    const { outlier, sign } = presetDisplay(preset);
    if (outlier !== display.outlier || sign !== display.sign) return false;
    const wanted = resolveSettings(
      { ...presetColumn(preset, settings), id: settings.id },
      settings.explorer,
      description,
    );
    return wanted !== null && key(wanted) === key(settings);
  });
  return found?.name ?? null;
}
