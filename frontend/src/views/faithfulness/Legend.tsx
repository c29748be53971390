import type { ReactElement } from "react";

import type { Series } from "./LineChart";
import classes from "./LineChart.module.css";

/** Which line is which: by colour, dashes and name. */
export function Legend({ series }: { series: readonly Pick<Series, "id" | "name">[] }): ReactElement {
  return (
    <ul className={classes.legend}>
      {series.map(({ id, name }) => (
        <li key={id}>
          <svg width="26" height="8" className={classes.swatch} data-series={id} aria-hidden="true">
            <path d="M1 4H25" className={classes.line} data-series={id} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}
