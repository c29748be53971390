import { Select } from "@mantine/core";
import type { ReactElement } from "react";

import { useText } from "../text";
import { useChangeColumn } from "../views/columns";
import { useSubject } from "../views/workspace";
import { Group } from "./Field";

const LEVELS = ["exact", "fused", "fast"] as const;

/** All levels; those that the method cannot be computed at are shown and not chosen. */
export function PrecisionSelect(): ReactElement {
  const text = useText();
  const change = useChangeColumn();
  const { settings } = useSubject();
  const offered = settings.method.precisions;
  return (
    <Group title={text.settings.precision}>
      <Select
        aria-label={text.settings.precision}
        description={text.settings.precisionHelp[settings.precision]}
        data={LEVELS.map((level) => ({
          value: level,
          label: text.settings.precisions[level],
          disabled: !offered.includes(level),
        }))}
        value={settings.precision}
        allowDeselect={false}
        onChange={(value) => change({ precision: LEVELS.find((level) => level === value) ?? null })}
      />
    </Group>
  );
}
