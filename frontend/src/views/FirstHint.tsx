import { ActionIcon } from "@mantine/core";
import { useState, type ReactElement } from "react";

import { Cross } from "../controls/icons";
import { hints } from "../state/habits";
import { browserMemory } from "../state/storage";
import { TESTID } from "../testids";
import { useText } from "../text";
import classes from "./FirstHint.module.css";

/** One line for the first visit. */
export function FirstHint(): ReactElement | null {
  const text = useText();
  const [seen, setSeen] = useState(() => hints.wasSeen(browserMemory));
  if (seen) return null;
  return (
    <p className={classes.hint} data-testid={TESTID.hint}>
      <span>{text.shortcuts.hint}</span>
      <ActionIcon
        variant="subtle"
        size="sm"
        aria-label={text.shortcuts.dismissHint}
        onClick={() => {
          hints.markSeen(browserMemory);
          setSeen(true);
        }}
      >
        <Cross />
      </ActionIcon>
    </p>
  );
}
