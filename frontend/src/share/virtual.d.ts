/** The saved page's program and style sheet, built on their own; see `savedPage` in vite.config.ts. */
declare module "virtual:saved-page" {
  export const script: string;
  /** As a content security policy names it. */
  export const scriptHash: string;
  export const style: string;
  export const styleHash: string;
}
