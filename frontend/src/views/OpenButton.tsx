import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactElement } from "react";

import type { Sample } from "../api/types";
import { Expand } from "../controls/icons";
import { isOwn } from "../state/own";
import { TESTID } from "../testids";
import { useText } from "../text";
import { look } from "./looking";
import { nameOf } from "./own/SampleName";
import { useSubject } from "./workspace";
import classes from "./OpenButton.module.css";

/** Opens one sample large; for a card's head. */
export function OpenButton({ sample }: { sample: Sample }): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const { index } = sample;
  return (
    <Tooltip label={text.detail.open}>
      <ActionIcon
        variant="subtle"
        size="sm"
        className={classes.open}
        aria-label={
          isOwn(index) ? text.detail.openOwn(nameOf(text, sample, description)) : text.detail.openSample(index)
        }
        data-testid={TESTID.open}
        onClick={() => look("detail", index)}
      >
        <Expand width={14} height={14} />
      </ActionIcon>
    </Tooltip>
  );
}
