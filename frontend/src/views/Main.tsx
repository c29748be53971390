import type { ReactElement, ReactNode } from "react";

/** Where menus are drawn: inside of the main landmark, so that nothing lies outside of one. */
export const MENUS = "menus";

/** What the page is about, whatever state it is in. */
export function Main({ className, children }: { className: string | undefined; children: ReactNode }): ReactElement {
  return (
    <main id="samples" className={className} tabIndex={-1}>
      {children}
      <div id={MENUS} />
    </main>
  );
}
