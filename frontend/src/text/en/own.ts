/** Images of one’s own, and edits of any. */

import { quoted } from "./words";

export const own = {
  button: "Your image…",
  off: "This server takes no images of your own.",
  yours: "yours",
  yourImage: "your image",
  drop: "Drop to explain your own image",
  dropHint: (bytes: string) => `JPEG, PNG, WebP, BMP, GIF or TIFF, up to ${bytes}`,
  uploading: (name: string) => `Sending ${quoted(name)}`,
  making: (name: string) => `Preparing ${quoted(name)}`,
  failed: (name: string) => `${quoted(name)} was not taken.`,
  dismiss: "Dismiss",
  stop: "Stop",
  remove: (name: string) => `Remove ${name}`,
  removeFailed: "The image could not be removed.",
  pasted: "pasted image",
  gone: (n: number) =>
    n === 1
      ? "This link shows an image of somebody’s own, which is gone from the server or belongs to another session."
      : `This link shows ${n} images of somebody’s own, which are gone from the server or belong to another session.`,
  errors: {
    empty: (name: string) => `${name} is empty.`,
    too_large: (name: string, bytes: number, most: number) => `${name} has ${bytes} bytes; at most ${most} are taken.`,
    unsupported_type: (name: string) => `${name} is no image of a known type (JPEG, PNG, WebP, BMP, GIF, TIFF).`,
    no_file: "What was dropped is no file. Addresses are not fetched: save the image and drop the file.",
  },
};

export const edit = {
  button: "Edit…",
  buttonFor: (name: string) => `Edit ${name}`,
  title: (name: string) => `Erase parts of ${name}`,
  from: (source: string, share: string, fill: string) => `edited from ${source}: ${share} erased, filled with ${fill}`,
  percent: (share: number) => (share < 0.01 ? "less than 1 %" : `${Math.round(100 * share)} %`),
  fills: { baseline: "Baseline", blur: "Blur", colour: "Colour" },
  fillWords: {
    baseline: (name: string) => `the ${name.toLowerCase()} baseline`,
    blur: "blur",
    colour: (hex: string) => `colour ${hex}`,
  },
  fill: "Fill with",
  baseline: "Baseline to fill with",
  colour: "Colour to fill with",
  tool: "Tool",
  tools: { box: "Box", brush: "Brush" },
  size: "Brush size",
  pixels: (n: number) => `${n} px`,
  undo: "Undo",
  redo: "Redo",
  clear: "Clear",
  surface: "The image to erase from",
  keys: "Drag over the image. Keys: arrows move the box, Shift and arrows size it, Enter erases, Ctrl+Z undoes.",
  erased: (share: string) => `${share} erased`,
  nothing: "Nothing erased yet",
  predictions: "Predictions of the edited image",
  original: "before",
  edited: "after",
  change: "change",
  updating: "Predicting…",
  failed: "The edited image was not predicted.",
  explain: "Explain the edited image",
  explainHelp: "It stands beside the original; Fetch explains it.",
  explainFailed: "The edited image was not taken.",
};
