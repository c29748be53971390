/** The saved page: one file that opens without a server, a network, or this program. */

import { script, scriptHash, style, styleHash } from "virtual:saved-page";

import { embeddable, toSaved, type SavedWords } from "./saved";
import type { ShownGrid } from "./shown";

/** Nothing is loaded from anywhere, and only this one script runs. */
const POLICY = [
  "default-src 'none'",
  `script-src '${scriptHash}'`,
  `style-src '${styleHash}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export function documentOf(grid: ShownGrid, words: SavedWords): Blob {
  const html = `<!doctype html>
<html lang="${escaped(words.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escaped(grid.title)}</title>
<style>${style}</style>
</head>
<body>
<main id="grid"></main>
<script type="application/json" id="data">${embeddable(toSaved(grid, words))}</script>
<script>${script}</script>
</body>
</html>
`;
  return new Blob([html], { type: "text/html;charset=utf-8" });
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? "");
}
