import type { ReactElement, ReactNode } from "react";

import classes from "./Facts.module.css";

interface FactProps {
  title: string;
  testid: string;
  aside?: ReactNode;
  children: ReactNode;
}

/** One thing that is measured, under its name. */
export function Fact({ title, testid, aside, children }: FactProps): ReactElement {
  return (
    <section className={classes.fact} data-testid={testid}>
      <header className={classes.head}>
        <h4>{title}</h4>
        {aside}
      </header>
      {children}
    </section>
  );
}
