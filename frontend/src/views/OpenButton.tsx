import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactElement } from "react";

import { Expand } from "../controls/icons";
import { TESTID } from "../testids";
import { useText } from "../text";
import { look } from "./looking";
import classes from "./OpenButton.module.css";

/** Opens one sample large; for a card's head. */
export function OpenButton({ sample }: { sample: number }): ReactElement {
  const text = useText();
  return (
    <Tooltip label={text.detail.open}>
      <ActionIcon
        variant="subtle"
        size="sm"
        className={classes.open}
        aria-label={text.detail.openSample(sample)}
        data-testid={TESTID.open}
        onClick={() => look("detail", sample)}
      >
        <Expand width={14} height={14} />
      </ActionIcon>
    </Tooltip>
  );
}
