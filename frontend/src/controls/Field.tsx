import type { ReactElement, ReactNode } from "react";

import classes from "./Field.module.css";

/** A titled group of controls in the rail. */
export function Group({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}): ReactElement {
  return (
    <section className={classes.group}>
      <div className={classes.head}>
        <h2 className={classes.title} style={{ margin: 0 }}>
          {title}
        </h2>
        {aside !== undefined && <span className={classes.aside}>{aside}</span>}
      </div>
      {children}
    </section>
  );
}

export function Help({ children }: { children: ReactNode }): ReactElement {
  return (
    <p className={classes.help} style={{ margin: 0 }}>
      {children}
    </p>
  );
}

export function FieldError({ children }: { children: ReactNode }): ReactElement {
  return (
    <p className={classes.error} role="alert" style={{ margin: 0 }}>
      {children}
    </p>
  );
}
