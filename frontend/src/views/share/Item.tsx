import { Menu } from "@mantine/core";
import type { ReactElement } from "react";

import classes from "./share.module.css";

/** An entry of a menu, with what it does beneath. */
export function Item({ label, help, onClick }: { label: string; help: string; onClick: () => void }): ReactElement {
  return (
    <Menu.Item onClick={onClick}>
      {label}
      <span className={classes.help}>{help}</span>
    </Menu.Item>
  );
}
