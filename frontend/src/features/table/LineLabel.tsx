import type { ReactElement } from "react";

import { valueOf, type Line } from "./rows";
import classes from "./table.module.css";

/** What a line is called, and the row's value there. */
export function LineLabel({ line }: { line: Line }): ReactElement {
  return (
    <span className={classes.label}>
      <span className={classes.name} title={line.name}>
        {line.name}
      </span>
      <span className={classes.value}>{valueOf(line)}</span>
    </span>
  );
}
