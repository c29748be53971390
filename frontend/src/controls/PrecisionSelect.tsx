import { Select } from "@mantine/core";
import type { ReactElement } from "react";

import { changePage } from "../state/services";
import { useText } from "../text";
import { useSubject } from "../views/workspace";
import { Group } from "./Field";

const LEVELS = ["exact", "fused", "fast"] as const;

/** Only where the device offers a choice. */
export function PrecisionSelect(): ReactElement | null {
  const text = useText();
  const { description, settings } = useSubject();
  const offered = LEVELS.filter((level) => description.precision.includes(level));
  if (offered.length < 2) return null;
  return (
    <Group title={text.settings.precision}>
      <Select
        aria-label={text.settings.precision}
        data={offered.map((level) => ({ value: level, label: text.settings.precisions[level] }))}
        value={settings.precision}
        allowDeselect={false}
        onChange={(value) => changePage({ ask: { precision: LEVELS.find((level) => level === value) ?? null } })}
      />
    </Group>
  );
}
