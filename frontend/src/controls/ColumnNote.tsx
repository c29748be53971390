import { Switch } from "@mantine/core";
import type { ReactElement } from "react";

import { changePage, useAsk } from "../state/services";
import { useText } from "../text";
import { useSelectedTitle } from "../views/columns";
import { useSubject } from "../views/workspace";
import { Group } from "./Field";

/** Whose settings these are, where there are several columns. */
export function ColumnNote(): ReactElement | null {
  const text = useText();
  const { together } = useAsk();
  const { columns } = useSubject();
  const title = useSelectedTitle();
  if (columns.length === 1) return null;
  return (
    <Group title={text.columns.about(title)}>
      <Switch
        label={text.columns.together}
        description={text.columns.togetherHelp}
        checked={together}
        onChange={(event) => changePage({ ask: { together: event.currentTarget.checked } })}
      />
    </Group>
  );
}
