import { Select } from "@mantine/core";
import type { ReactElement } from "react";

import type { Smoothing } from "../api/types";
import { errorText, useText } from "../text";
import { useChangeColumn } from "../views/columns";
import { useForecast, useSubject } from "../views/workspace";
import { Group, Help } from "./Field";
import { NumberField } from "./NumberField";
import classes from "./SmoothingControl.module.css";

const OFF = "off";
const USUAL: Omit<Smoothing, "type"> = { samples: 20, noise: 0.15, seed: 0 };
const TYPES = ["smoothgrad", "smoothgrad_sq", "vargrad"] as const;

/** A modifier of gradient methods, not a method of its own. */
export function SmoothingControl(): ReactElement | null {
  const text = useText();
  const change = useChangeColumn();
  const { settings } = useSubject();
  const forecast = useForecast();
  const { smoothing } = settings;
  if (!settings.method.smoothing) return null;

  const set = (next: Smoothing | null): void => change({ smoothing: next });
  const errorOf = (field: string): string | null => {
    const error = forecast.errors[`smoothing.${field}`];
    return error ? errorText(text, error) : null;
  };

  return (
    <Group title={text.settings.smoothing}>
      <Select
        aria-label={text.settings.smoothing}
        data={[
          { value: OFF, label: text.settings.smoothingOff },
          ...TYPES.map((type) => ({ value: type, label: text.settings.smoothingTypes[type] })),
        ]}
        value={smoothing?.type ?? OFF}
        allowDeselect={false}
        onChange={(value) => {
          const type = TYPES.find((candidate) => candidate === value);
          set(type ? { ...USUAL, ...smoothing, type } : null);
        }}
      />
      {smoothing ? (
        <div className={classes.row}>
          <NumberField
            label={text.settings.smoothingSamples}
            value={smoothing.samples}
            usual={USUAL.samples}
            min={1}
            max={1000}
            error={errorOf("samples")}
            onChange={(samples) => set({ ...smoothing, samples: samples ?? USUAL.samples })}
          />
          <NumberField
            label={text.settings.smoothingNoise}
            value={Math.round(smoothing.noise * 1e4) / 100}
            usual={USUAL.noise * 100}
            min={0}
            max={100}
            unit="%"
            error={errorOf("noise")}
            onChange={(percent) => set({ ...smoothing, noise: percent === null ? USUAL.noise : percent / 100 })}
          />
          <NumberField
            label={text.settings.seed}
            value={smoothing.seed}
            usual={USUAL.seed}
            min={0}
            error={errorOf("seed")}
            onChange={(seed) => set({ ...smoothing, seed: seed ?? USUAL.seed })}
          />
          <p className={classes.help}>{text.settings.smoothingNoiseHelp}</p>
        </div>
      ) : (
        <Help>{text.settings.smoothingHelp}</Help>
      )}
    </Group>
  );
}
