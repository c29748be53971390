import { Tooltip } from "@mantine/core";
import type { ReactElement } from "react";

import type { Sample } from "../../api/types";
import { formatShare, type Agreement } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import type { Column } from "../columns";
import { shownKey, useAgreement, type Mean } from "./agreements";
import classes from "./grid.module.css";

interface NumbersProps {
  agreement: Agreement;
  /** What the maps were compared with, and of how many samples this is the mean. */
  help: string;
}

function Numbers({ agreement: { correlation, overlap }, help }: NumbersProps): ReactElement {
  const words = useText().columns.agreement;
  return (
    <Tooltip label={help}>
      <span
        className={classes.agreement}
        tabIndex={0}
        role="note"
        data-testid={TESTID.agreement}
        data-correlation={correlation}
        data-overlap={overlap}
      >
        <span>{words.correlation(correlation.toFixed(2).replace("-", "−"))}</span>
        <span>{words.overlap(formatShare(overlap))}</span>
      </span>
    </Tooltip>
  );
}

/** A column's agreement with the reference, over all samples shown. */
export function MeanAgreement({ mean, reference }: { mean: Mean; reference: string }): ReactElement {
  const words = useText().columns.agreement;
  return <Numbers agreement={mean} help={`${words.mean(mean.samples)}. ${words.help(reference)}`} />;
}

interface CellAgreementProps {
  sample: Sample;
  column: Column;
  /** The selected column, of the same sample. */
  reference: Column;
}

/** One map's agreement with the reference's of the same sample. */
export function CellAgreement({ sample, column, reference }: CellAgreementProps): ReactElement | null {
  const words = useText().columns.agreement;
  const [from, to] = [shownKey(reference.cell, sample), shownKey(column.cell, sample)];
  const outcome = useAgreement(from, to);
  if (column.settings.id === reference.settings.id) return null;
  if (outcome !== null && typeof outcome === "object")
    return <Numbers agreement={outcome} help={words.help(reference.title)} />;
  const why = outcome === null ? words.missing : words[outcome];
  if (outcome === null && from !== null && to !== null) return null;
  return (
    <Tooltip label={why}>
      <span className={classes.agreement} tabIndex={0} role="note" data-testid={TESTID.agreement}>
        {words.undefined}
        <span className="visually-hidden">{why}</span>
      </span>
    </Tooltip>
  );
}
