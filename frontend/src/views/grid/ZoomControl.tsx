import { ActionIcon, Tooltip } from "@mantine/core";
import type { ReactElement } from "react";

import { Minus, Plus } from "../../controls/icons";
import { formatValue } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import classes from "./grid.module.css";
import { useZoom, zoomAll, zoomStep } from "./zoom";

/** All images nearer or farther. */
export function ZoomControl(): ReactElement {
  const words = useText().columns.zoom;
  const { factor } = useZoom();
  const whole = factor === 1;
  return (
    <Tooltip label={words.help}>
      <div className={classes.zoom} role="group" aria-label={words.region}>
        <ActionIcon variant="default" size="sm" aria-label={words.out} disabled={whole} onClick={() => zoomStep(-1)}>
          <Minus />
        </ActionIcon>
        <button
          type="button"
          className={classes.level}
          aria-label={`${words.level(formatValue(factor, 2))}: ${words.reset}`}
          disabled={whole}
          data-testid={TESTID.zoomLevel}
          data-factor={factor}
          onClick={zoomAll}
        >
          {words.level(formatValue(factor, 2))}
        </button>
        <ActionIcon variant="default" size="sm" aria-label={words.in} onClick={() => zoomStep(1)}>
          <Plus />
        </ActionIcon>
      </div>
    </Tooltip>
  );
}
