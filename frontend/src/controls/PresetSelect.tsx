import { Select } from "@mantine/core";
import type { ReactElement } from "react";

import { presetColumn, presetDisplay, presetShown } from "../state/presets";
import { changePage, useDisplay } from "../state/services";
import { useText } from "../text";
import { useChangeColumn } from "../views/columns";
import { useSubject } from "../views/workspace";
import { Group } from "./Field";

/** The explorer's own combinations of settings. What is chosen is nothing but its settings, in the address as well. */
export function PresetSelect(): ReactElement | null {
  const text = useText();
  const change = useChangeColumn();
  const display = useDisplay();
  const { description, settings } = useSubject();
  const presets = description.presets ?? [];
  if (presets.length === 0) return null;
  return (
    <Group title={text.settings.preset}>
      <Select
        aria-label={text.settings.preset}
        placeholder={text.settings.presetNone}
        data={presets.map(({ name }) => name)}
        value={presetShown(settings, display, description)}
        allowDeselect={false}
        onChange={(name) => {
          const preset = presets.find((one) => one.name === name);
          if (!preset) return;
          change((column) => presetColumn(preset, column));
          changePage({ display: presetDisplay(preset) });
        }}
      />
    </Group>
  );
}
