import type { CSSProperties, ReactElement, ReactNode } from "react";

import { useDisplay } from "../../state/services";
import { useSubject } from "../workspace";
import classes from "./grid.module.css";
import { useScrolledTogether } from "./scroll";
import { useZoomedPictures } from "./zoom";

/** How many columns there are and how wide each is at least, for the head and the rows alike. */
export function useGridShape() {
  const { panels, size } = useDisplay();
  const { columns } = useSubject();
  const maps = panels.filter((panel) => panel !== "original").length;
  return {
    "data-size": size,
    "data-panels": Math.max(panels.length, 1),
    "data-several": columns.length > 1,
    style: { "--columns": columns.length, "--maps": Math.max(maps, 1) } as CSSProperties,
  };
}

interface GridBodyProps {
  outdated: boolean;
  busy: boolean;
  children: ReactNode;
}

/** The rows: with one column as many side by side as there is room for, with several each on a line of its own. */
export function GridBody({ outdated, busy, children }: GridBodyProps): ReactElement {
  const shape = useGridShape();
  const ref = useScrolledTogether<HTMLDivElement>();
  useZoomedPictures(ref);
  return (
    <div ref={ref} className={classes.grid} {...shape} data-outdated={outdated} aria-busy={busy}>
      {children}
    </div>
  );
}
