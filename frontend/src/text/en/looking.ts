/** One sample looked at closely or presented, what a map shows in words, and the keys. */

import type { ScaleId } from "../../heatmap";
import type { ShortcutId } from "../../views/shortcuts";
import { article, capital, quoted } from "./words";

export const mapText = {
  /** Row by row. */
  ninths: [
    "the upper left",
    "the upper middle",
    "the upper right",
    "the middle left",
    "the centre",
    "the middle right",
    "the lower left",
    "the lower middle",
    "the lower right",
  ],
  kinds: { all: "attribution", positive: "positive attribution", negative: "negative attribution" },
  lies: (percent: number, kind: string, where: string) =>
    `${percent} % of the ${kind} lies in ${where} ninth of the image`,
  then: (percent: number, where: string) => `, ${percent} % in ${where}`,
  spread: (kind: string, percent: number) =>
    `The ${kind} is spread over the whole image: no ninth of it holds more than ${percent} %`,
  signs: (positive: string, negative: string) =>
    positive === negative
      ? `; positive and negative values mostly in ${positive}`
      : `; positive values mostly in ${positive}, negative ones mostly in ${negative}`,
  onlyPositive: "; all values are positive",
  onlyNegative: "; all values are negative",
  nothing: "Nothing in this map differs from 0",
  units: (n: number, largest: string) => `${n} units; the largest: ${largest}`,
  unit: (index: number, value: string) => `unit ${index} with ${value}`,
  end: ".",

  /** What is coloured: pixels, or the coarser places of a layer. */
  places: { pixel: "pixels", area: "areas", word: "words", line: "bars" },
  onePlace: { pixel: "pixel", area: "area", word: "word", line: "bar" },
  /** The colours of what raises and of what lowers. */
  colours: {
    "red-blue": ["red", "blue"],
    "green-red": ["green", "red"],
    "blue-red": ["blue", "red"],
  } as Record<string, readonly [string, string]>,
  score: (name: string | null) => (name === null ? "the value" : `the score for ${quoted(name)}`),
  unitScore: (unit: number, layer: string) => `unit ${unit} of ${layer}`,
  raisedLowered: (raises: string, lowers: string, places: string, score: string) =>
    `${capital(raises)} ${places} raised ${score}, ${lowers} ones lowered it.`,
  onlyRaised: (raises: string, places: string, score: string) =>
    `${capital(raises)} ${places} raised ${score}; none lowered it.`,
  onlyLowered: (lowers: string, places: string, score: string) =>
    `${capital(lowers)} ${places} lowered ${score}; none raised it.`,
  shownRaised: (raises: string, places: string, score: string) =>
    `${capital(raises)} ${places} raised ${score}; what lowered it is not drawn.`,
  shownLowered: (lowers: string, places: string, score: string) =>
    `${capital(lowers)} ${places} lowered ${score}; what raised it is not drawn.`,
  strength: {
    mattered: (more: string, place: string, score: string) =>
      `The ${more} ${article(place)}, the more it mattered for ${score}, whichever way.`,
    raised: (more: string, place: string, score: string) =>
      `The ${more} ${article(place)}, the more it raised ${score}; what lowered it is not drawn.`,
    lowered: (more: string, place: string, score: string) =>
      `The ${more} ${article(place)}, the more it lowered ${score}; what raised it is not drawn.`,
  },
  more: {
    "red-blue": "redder",
    "green-red": "greener",
    "blue-red": "bluer",
    "white-black": "darker",
    viridis: "closer to yellow",
    inferno: "closer to yellow",
    cividis: "closer to yellow",
  } satisfies Record<ScaleId, string>,
  brighter: "brighter",
  values: (layer: string, positive: string, negative: string) =>
    `Positive values of ${layer} are ${positive}, negative ones ${negative}.`,
  magnitudes: (layer: string, more: string) =>
    `The ${more} an area, the further the value of ${layer} is from 0 there.`,
};

export const detail = {
  open: "Look closely",
  openOwn: (name: string) => `Look closely at ${name}`,
  openSample: (index: number) => `Look closely at sample ${index}`,
  title: (index: number) => `Sample ${index}`,
  back: "All samples",
  previous: "Previous sample",
  next: "Next sample",
  present: "Present",
  loading: "Loading the sample…",
  missing: (index: number | null) =>
    index === null
      ? "There is no sample at this place."
      : `Sample ${index} is not among the samples that match the order and filter.`,
  absent: (index: number) => `The dataset has no sample ${index}.`,
  showAnyway: "Show it in dataset order",
  predictionsOf: (model: string) => `Predictions of ${model}`,
  className: "Class",
  output: "raw output",
  surface: (panel: string) =>
    `${panel}. Arrow keys move the cursor and read out values, with Shift they draw a rectangle, Escape takes it away.`,
  readout: {
    region: "Value under the cursor",
    hint: "Point at a map to read its values; drag to measure a rectangle. Arrow keys work too, with Shift for the rectangle.",
    at: (x: number, y: number) => `x ${x}, y ${y}`,
    cell: (x: number, y: number, width: number, height: number) => `cell ${x}, ${y} of ${width} × ${height}`,
    rank: (share: string) => `larger than ${share} of the map`,
  },
  rectangle: {
    title: "Rectangle",
    hint: "Drag over a map, or focus it and hold Shift with the arrow keys, to see how much of it lies inside.",
    bounds: (left: number, right: number, top: number, bottom: number) => `x ${left}–${right}, y ${top}–${bottom}`,
    absolute: "of the magnitude",
    signed: "of the sum",
    noSum: "the values add up to 0",
    area: "of the area",
    times: (factor: string) => `${factor} times as much magnitude as its area would hold if it were spread evenly`,
    clear: "Clear the rectangle",
  },
  evidence: {
    title: "True evidence",
    words: "The pixels that truly decide the class hold",
  },
  distribution: {
    title: "Values",
    label: (total: number, low: string, high: string) =>
      `Histogram of ${total} values from ${low} to ${high}; the bars’ heights are logarithmic`,
    count: (n: number) => `up to ${n} a bar, logarithmic`,
    limit: "the colours end at the dashed lines",
  },
  balance: {
    title: "Balance",
    positive: "raises",
    negative: "lowers",
    positiveValues: "positive",
    negativeValues: "negative",
    net: (sum: string) => `The values add up to ${sum}.`,
  },
  baseline: {
    title: "Baseline",
    image: (name: string) => `The ${name.toLowerCase()} baseline as an image`,
    output: (what: string, baseline: string, image: string) =>
      `${what} is ${baseline} on it and ${image} on the sample.`,
    theOutput: (name: string | null) => (name === null ? "The output" : `The output for ${quoted(name)}`),
    theScore: (score: string, name: string | null) =>
      name === null ? `The ${score}` : `The ${score} for ${quoted(name)}`,
    distribution: (n: number) => `Compared with ${n} samples of the dataset instead of one baseline.`,
  },
  completeness: {
    title: "Completeness",
    explains: (share: string) => `Explains ${share} of the score difference.`,
    gap: (share: string) => `Misses the score difference by ${share} of it.`,
    none: "The score does not differ from the baseline’s.",
    sum: (sum: string, difference: string) => `The values add up to ${sum}; the score differs by ${difference}.`,
    delta: (delta: string) => `Convergence delta ${delta}.`,
    promise: "This method does not promise that its values add up to the score.",
    raise: "Raise n_steps to close the gap.",
  },
  channels: {
    title: "Channels",
    units: "Units",
    sum: "Sum of all",
    channel: (index: number) => `Channel ${index}`,
    unit: (index: number) => `Unit ${index}`,
    of: (place: number, total: number) => `${place} of ${total} by magnitude`,
    share: (share: string) => `${share} of the magnitude`,
    previous: "Previous channel",
    next: "Next channel",
    shown: (n: number, total: number) => `The ${n} largest of ${total}`,
    all: (n: number) => `All ${n}, largest first`,
    more: (n: number) => `Show ${n} more`,
    explain: (index: number) => `Explain unit ${index} of this layer with`,
    explainChannel: (index: number) => `Explain channel ${index} of this layer with`,
    pick: "Pick a unit to explain it with a neuron method.",
    failed: "The channels could not be loaded.",
    loading: "Loading the channels…",
  },
};

export const present = {
  region: "Presenter view",
  closely: "Look closely",
  fullScreen: "Full screen",
  leaveFullScreen: "Leave full screen",
  fetch: "Press Enter to explain this prediction",
};

export const shortcuts = {
  title: "Keys",
  open: "Keyboard shortcuts",
  note: "Keys do nothing while you type in a field.",
  groups: { anywhere: "Anywhere", samples: "Samples", drawing: "Drawing", map: "On a map in close-up" },
  names: {
    fetch: "Fetch",
    escape: "Cancel what runs, else close",
    next: "Next sample or page",
    previous: "Previous sample or page",
    panel: "Show or hide a panel, from Original to Masked",
    detail: "Look closely",
    present: "Present",
    shared: "One scale for all",
    evidence: "True evidence",
    zoomIn: "Zoom all images in",
    zoomOut: "Zoom all images out",
    zoomReset: "Show whole images",
    theme: "Light or dark",
    goTo: "Go to number",
    help: "This list",
  } satisfies Record<ShortcutId, string>,
  keys: { Enter: "Enter", Escape: "Esc", ArrowLeft: "←", ArrowRight: "→" } as Record<string, string>,
  or: "or",
  to: "to",
  map: [
    { keys: "← ↑ ↓ →", does: "Move the cursor and read out its value" },
    { keys: "Shift ← → …", does: "Draw a rectangle" },
    { keys: "PgUp PgDn", does: "Ten rows up or down" },
    { keys: "Home End", does: "To the left or right border" },
  ],
  hint: "Press ? for the keys; click a class to explain it instead.",
  dismissHint: "Dismiss this hint",
};
