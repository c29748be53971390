import type { ReactElement } from "react";

import { useText } from "../../text";
import { useEvidenceOf } from "../text/evidence";
import { Titled } from "../Titled";
import type { OriginalProps } from "../types";
import { LineLabel } from "./LineLabel";
import type { TableFeature } from "./rows";
import classes from "./table.module.css";

export function OriginalRow(props: OriginalProps<TableFeature>): ReactElement {
  const { feature, name } = props;
  const text = useText();
  const decides = useEvidenceOf(props);
  return (
    <Titled title={text.features.original(feature.name)}>
      <ul className={classes.list} aria-label={name}>
        {feature.rows.map((line) => (
          <li key={line.name} className={classes.line} data-evidence={line.places.some((at) => decides(at, at + 1))}>
            <LineLabel line={line} />
          </li>
        ))}
      </ul>
    </Titled>
  );
}
