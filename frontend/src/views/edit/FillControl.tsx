import { SegmentedControl, Select } from "@mantine/core";
import type { ReactElement } from "react";

import type { BaselineDescription, Fill } from "../../api/types";
import { useText } from "../../text";
import classes from "./edit.module.css";

export interface FillChoice {
  readonly kind: Fill["kind"];
  readonly baseline: string;
  /** "#rrggbb" */
  readonly colour: string;
}

export function fillOf({ kind, baseline, colour }: FillChoice): Fill {
  if (kind === "baseline") return { kind, baseline };
  if (kind === "blur") return { kind };
  return { kind, colour: [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) };
}

const KINDS = ["baseline", "blur", "colour"] as const;

/** The first chosen baseline that can fill, else the input's own first. */
export function startFill(baselines: readonly BaselineDescription[], chosen: readonly string[]): FillChoice {
  const known = baselines.find(({ id }) => chosen.includes(id)) ?? baselines[0];
  return { kind: "baseline", baseline: known?.id ?? "zero", colour: "#808080" };
}

interface FillControlProps {
  fill: FillChoice;
  /** The input's own. */
  baselines: readonly BaselineDescription[];
  onChange: (fill: FillChoice) => void;
}

export function FillControl({ fill, baselines, onChange }: FillControlProps): ReactElement {
  const text = useText();
  return (
    <div className={classes.group}>
      <span className={classes.title}>{text.edit.fill}</span>
      <div className={classes.row}>
        <SegmentedControl
          size="xs"
          aria-label={text.edit.fill}
          value={fill.kind}
          data={KINDS.map((value) => ({ value, label: text.edit.fills[value] }))}
          onChange={(kind) => onChange({ ...fill, kind })}
        />
        {fill.kind === "baseline" && (
          <Select
            size="xs"
            w={140}
            aria-label={text.edit.baseline}
            data={baselines.map(({ id, name }) => ({ value: id, label: name }))}
            value={fill.baseline}
            allowDeselect={false}
            onChange={(baseline) => baseline !== null && onChange({ ...fill, baseline })}
          />
        )}
        {fill.kind === "colour" && (
          <input
            type="color"
            className={classes.colour}
            aria-label={text.edit.colour}
            value={fill.colour}
            onChange={(event) => onChange({ ...fill, colour: event.currentTarget.value })}
          />
        )}
      </div>
    </div>
  );
}
