import type { ReactElement, ReactNode } from "react";

import classes from "./image/image.module.css";

interface TitledProps {
  title: string;
  children: ReactNode;
}

/** A figure of words or numbers under its title. */
export function Titled({ title, children }: TitledProps): ReactElement {
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.title}>{title}</figcaption>
      {children}
    </figure>
  );
}

/** Says why there is nothing to be seen. */
export function Message({ children }: { children: ReactNode }): ReactElement {
  return <p className={classes.message}>{children}</p>;
}
