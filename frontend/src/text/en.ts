/** Every word of the interface, in English. Another language is another object of this shape. */

import type { ConnectionState } from "../api/stream";
import type { ExplorerState } from "../api/types";
import type { PanelId, SignChoice, TileSize } from "../state/page";
import type { ScaleId } from "../heatmap";
import { columns } from "./en/columns";
import { faithfulness } from "./en/faithfulness";
import { features } from "./en/features";
import { own, edit } from "./en/own";
import { share } from "./en/share";
import { mapText, detail, present, shortcuts } from "./en/looking";
import { layers } from "./en/layers";
import { outputs } from "./en/outputs";
import { target } from "./en/target";
import { counted, ordinal, plural, quoted } from "./en/words";

export const en = {
  name: "attriscope",
  title: (explorer: string) => `${explorer} · attriscope`,
  tagline: "What a PyTorch model bases its predictions on",
  skipToSamples: "Skip to the samples",
  close: "Close",
  retry: "Retry",
  details: "Details",

  language: "Language",
  languageMissing: (name: string) =>
    `${name} could not be loaded, so the page stays in English. Try again, or reload the page.`,
  /** Between the parts of an enumeration. */
  separator: ", ",
  /** Between what is said of several inputs. */
  clauses: "; ",
  /** By code, the fullest first, with parameters in braces; what is not here is said in the server's own words. */
  sentences: {} as Readonly<Record<string, readonly string[]>>,
  /** By their English: what the server says of methods, arguments, baselines and its own progress. */
  phrases: { gausslegendre: "Gauss–Legendre" } as Readonly<Record<string, string>>,

  theme: { switchTo: { light: "Switch to the light theme", dark: "Switch to the dark theme" } },
  device: (device: string) => `The models run on ${device}`,
  explorer: "Explorer",
  chooser: {
    choose: "Choose an explorer",
    unknown: (id: string) => `This server has no explorer ${quoted(id)}.`,
    states: {
      unloaded: "starts when opened",
      loading: "loading…",
      ready: "ready",
      recovering: "starting again…",
      failed: "failed",
    } satisfies Record<ExplorerState, string>,
    busy: "making maps…",
  },
  reload: {
    button: "Reload the explorer’s file and models",
    failed: "The explorer could not be reloaded.",
    dismiss: "Dismiss",
  },

  connection: {
    connecting: "Connecting…",
    open: "Connected",
    lost: "Connection to the server lost. Trying again…",
    unauthorised: "This session has ended. Open the link that attriscope printed when it started.",
  } satisfies Record<ConnectionState, string>,

  explorerState: {
    loading: "Loading model…",
    loadingHint: "The first start takes a few seconds: PyTorch is imported and the weights are read.",
    reloading: "Loading the models again. Maps that are here stay.",
    recovering: "The model’s process stopped and is being started again. Maps that are here stay.",
    failed: "The explorer could not be started.",
    stopped: "The explorer has stopped. Maps that are here stay; new ones need it to run again.",
    none: "This server offers no explorer.",
    noMethods: "This explorer offers no attribution method.",
    unmet: {
      explorer: (wanted: string, shown: string) => `There is no explorer ${quoted(wanted)} here: this is ${shown}.`,
      model: (wanted: string, shown: string) => `There is no model ${quoted(wanted)} here: ${shown} is shown instead.`,
      method: (wanted: string, shown: string) =>
        `There is no method ${quoted(wanted)} here: ${shown} is shown instead.`,
    },
  },

  settings: {
    title: "Settings",
    open: "Settings",
    model: "Model",
    models: "Models",
    parameters: (n: string) => `${n} parameters`,
    outputs: (n: number) => `${n} ${plural(n, "output", "outputs")}`,
    method: "Method",
    preset: "Preset",
    presetNone: "Choose…",
    noMethod: "No method of that name",
    about: (method: string) => `About ${method}`,
    limitations: "Limitations",
    deviations: "Differs from Captum",
    references: "References",
    arguments: "Arguments",
    advanced: "More arguments",
    fewer: "Fewer arguments",
    resetArguments: "Reset",
    noNumber: (typed: string, used: string | null) =>
      `“${typed}” is not a number${used === null ? "" : `: ${used} is used`}.`,
    bounds: (low: string | null, high: string | null) =>
      low !== null && high !== null
        ? `${low} to ${high}`
        : low !== null
          ? `at least ${low}`
          : high !== null
            ? `at most ${high}`
            : "",
    layer: "Layer",
    layerOf: (model: string) => `Layer of ${model}`,
    wholeModel: "(the whole model)",
    target: "Target",
    targetNone: "This method explains the layer itself, whatever the class.",
    targetHelp: "A click on a class beside a sample explains that one instead.",
    targetPredicted: "Predicted class",
    targetPredictedHelp: "each model’s own top prediction",
    targetLabel: "True label",
    noClass: "No class of that name",
    classes: "Classes",
    quantity: "Explains",
    quantityOutput: "Raw output",
    baseline: "Baseline",
    smoothing: "Smoothing",
    smoothingOff: "Off",
    smoothingTypes: { smoothgrad: "SmoothGrad", smoothgrad_sq: "SmoothGrad squared", vargrad: "VarGrad" },
    smoothingHelp: "Averages the map over noisy copies of the input",
    smoothingSamples: "Copies",
    smoothingNoise: "Noise",
    smoothingNoiseHelp: "Noise is the standard deviation as a share of the input’s range.",
    seed: "Seed",
    precision: "Precision",
    precisions: { exact: "Exact", fused: "Fused", fast: "Fast" },
    precisionHelp: {
      exact: "The model’s own arithmetic",
      fused: "Batch norms folded into convolutions; as close to the truth, not equal to the last digit",
      fast: "In bfloat16: quicker, with small errors in the map",
    },
    clearRetargets: (n: number) => `${n} ${plural(n, "sample", "samples")} explained for another class`,
    clear: "Clear",
  },

  target,
  columns,
  layers,

  outputs,
  methodGroups: {
    path: "Path",
    gradient: "Gradient",
    propagation: "Propagation",
    cam: "Class activation map",
    activation: "Activation",
    perturbation: "Perturbation",
    custom: "Your own",
    layer: "At a layer",
    neuron: "For one unit of a layer",
  } as Record<string, string>,

  fetch: {
    button: "Fetch",
    changed: "Settings changed",
    reloaded: "Reloaded since",
    upToDate: "All maps are up to date",
    sending: "Sending…",
    queued: "Waiting for the model…",
    /** The place in the queue: "3rd, about 40 s" */
    place: (position: number, time: string | null) =>
      [position === 1 ? "next" : ordinal(position), ...(time === null ? [] : [time])].join(", "),
    inQueue: (place: string) => `Waiting: ${place}`,
    heldFor: (seconds: number) => (seconds > 0 ? `Again in ${seconds} s` : "Asking again…"),
    again: "Fetch again",
    running: (done: number, total: number) => `${done} of ${total} ${plural(total, "map", "maps")}`,
    progress: "Progress of the maps",
    cancel: "Cancel",
    cancelFailed: "Cancelling did not reach the server.",
    remaining: (eta: string) => `${eta} left`,
    mendFirst: "Change the setting marked in red first",
    invitation: (n: number) => `Press Fetch to explain ${n === 1 ? "this prediction" : `these ${n} predictions`}`,
    short: "Press Fetch",
    stored: (n: number, of: number) => (n === of ? "stored already" : `${n} of ${of} stored already`),
    about: (seconds: number) => {
      if (seconds < 1) return "less than 1 s";
      if (seconds < 90) return `about ${Math.round(seconds)} s`;
      return seconds < 5400 ? `about ${Math.round(seconds / 60)} min` : `about ${(seconds / 3600).toFixed(1)} h`;
    },
    enter: "Enter",
    waiting: { sending: "Sending…", held: "Waiting…", queued: "Waiting…", running: "Explaining…" },
    failed: "No map",
    unavailable: (method: string, model: string) => `${method} cannot explain ${model}.`,
  },

  browse: {
    region: "Browse samples",
    previous: "Previous samples",
    next: "Next samples",
    range: (from: number, to: number) => (from === to ? `Sample ${from}` : `Samples ${from}–${to}`),
    places: (from: number, to: number, of: number) => `${from}–${to} of ${of} matching`,
    none: "No samples",
    goTo: "Go to number",
    goToPlace: "Go to place",
    noPlace: (what: string, least: number) => `${what} is not a whole number from ${least}`,
    order: "Order",
    orders: { dataset: "Dataset", mistakes: "Most confident mistakes", uncertain: "Least confident" },
    by: "According to",
    filter: "Filter",
    filtered: (what: string) => `Filter: ${what}`,
    predicted: "Predicted",
    label: "Label",
    anyClass: "Any class",
    correctness: "Prediction",
    correctnessAny: "All",
    correct: "Correct",
    incorrect: "Incorrect",
    noLabels: "This dataset has no labels, so nothing can be told correct or incorrect.",
    noClasses: "This explorer has no classes to choose from.",
    clear: "Clear filter",
    count: "Samples",
    k: "Top",
    kLabel: "Predictions per sample",
    scanned: (scanned: number, matched: number, what: string) =>
      `Scanned ${scanned}, matched ${matched}${what ? ` (${what})` : ""}.`,
    scanMore: (n: number) => `Scan ${n} more?`,
    scanning: "Scanning…",
    wholeDataset: "That is the whole dataset.",
    conditions: (correct: boolean | null, predicted: string | null, label: string | null) =>
      [
        correct === null ? null : correct ? "correct" : "incorrect",
        predicted === null ? null : `predicted ${predicted}`,
        label === null ? null : `label ${label}`,
      ]
        .filter((part) => part !== null)
        .join(", "),
    empty: "The dataset has no samples.",
    scanningTo: (scanned: number, to: number) => `Scanning… ${scanned} of ${to} samples read.`,
    only: (there: number) => (there === 1 ? "There is only 1 sample." : `There are only ${there} samples.`),
    onlySaid: (length: number) => `There are only ${length} samples, the dataset says.`,
    onlyMatches: (matched: number) => `Only ${matched} ${plural(matched, "sample matches", "samples match")} so far.`,
    noneRead: (limit: number) => `This server reads no more than the first ${limit} samples.`,
    toStart: "Back to the first",
    stopped: (index: number | null) =>
      index === null ? "Reading the dataset stopped." : `Reading the dataset stopped at item ${index}.`,
  },

  display: {
    region: "Display",
    panels: "Show",
    panelNames: {
      original: "Original",
      overlay: "Overlay",
      heat: "Heat map",
      positive: "Positive",
      negative: "Negative",
      masked: "Masked",
    } satisfies Record<PanelId, string>,
    sign: "Sign",
    signs: {
      auto: "Method’s own",
      all: "All",
      positive: "Positive",
      negative: "Negative",
      absolute: "Absolute",
    } satisfies Record<SignChoice, string>,
    opacity: "Opacity",
    outlier: "Clipping",
    outlierHelp: "Share of the summed magnitude drawn as the end of the colour scale",
    percent: (value: number) => `${value} %`,
    scale: "Colours",
    scales: {
      "red-blue": "Red–blue",
      "green-red": "Green–red",
      "blue-red": "Blue–red",
      "white-black": "White–black",
      viridis: "Viridis",
      inferno: "Inferno",
      cividis: "Cividis",
    } satisfies Record<ScaleId, string>,
    scaleHelp: {
      "red-blue": "red raises the score, blue lowers it",
      "green-red": "green raises, red lowers, as Captum draws",
      "blue-red": "blue raises, red lowers, as Captum Insights drew",
      "white-black": "the magnitude alone",
      viridis: "the magnitude alone",
      inferno: "the magnitude alone",
      cividis: "the magnitude alone",
    } satisfies Record<ScaleId, string>,
    shared: "One scale for all",
    sharedHelp: "Maps of one model and method end their colours at the same value, so that samples can be compared",
    evidence: "True evidence",
    evidenceHelp: "Marks what truly decides the class",
    more: "Drawing",
    size: "Size",
    sizes: { small: "Small", medium: "Medium", large: "Large" } satisfies Record<TileSize, string>,
  },

  sample: {
    number: (index: number) => `#${index}`,
    label: "label",
    noLabel: "no label",
    noClass: "none of the classes",
    mistake: "mistake",
    mistakeOf: (models: string) => `mistake of ${models}`,
    correct: "correct",
    predicted: "predicted",
    predictions: "Predictions",
    predicting: "Predicting…",
    notPredicted: "The model could not predict this sample.",
    explain: "Explain",
    explainLabel: (name: string) => `Explain the label ${quoted(name)}`,
    value: "value",
    image: (index: number, label: string | null) => `Sample ${index}${label === null ? "" : `, ${label}`}`,
    imageFailed: "The image could not be loaded.",
  },

  map: {
    name: (method: string, target: string | null) => (target === null ? method : `${method} for ${quoted(target)}`),
    panel: (panel: string, name: string) => `${panel}: ${name}`,
    colourBar: (low: string, high: string) => `Colour scale from ${low} to ${high}`,
    sharedScale: "shared scale",
    ownScale: "own scale",
    loading: "Loading the map…",
    failed: "The map could not be loaded.",
    explainsClass: (name: string, rival: string | null) =>
      `explains the output for ${quoted(name)}${rival === null ? "" : ` rather than ${quoted(rival)}`}`,
    explainsValue: "explains the output value",
    explainsUnit: (unit: number, layer: string) => `explains unit ${unit} of layer ${layer}, not a class`,
    explainsLayer: (layer: string) => `shows the values of layer ${layer}, not of a class`,
    before: (step: string) => ` before ${step}`,
    softmax: "softmax",
    sigmoid: "sigmoid",
    explainsScore: (score: string, name: string | null, rival: string | null) =>
      name === null
        ? `explains the ${score}`
        : `explains the ${score} for ${quoted(name)}${rival === null ? "" : ` rather than ${quoted(rival)}`}`,
    earlier: "earlier settings",
    beforeReload: "before the reload",
    otherInput: "This sample has changed since its map was made. Fetch again.",
    cutShort: "The server was stopped before this map was done.",
    refining: (percent: number) => `refining … ${percent} %`,
    partial: (percent: number) => `partial, ${percent} %`,
    layer: (name: string) => `layer ${name}`,
    baseline: (name: string) => `${name} baseline`,
    smoothed: (type: string, samples: number, noise: string) => `${type}, ${samples} × ${noise}`,
    noise: (share: number) => `${Math.round(share * 1000) / 10} % noise`,
    argument: (title: string, value: string) => `${title} ${value}`,
    quantity: (value: string, unit: string) => `${value} ${counted(value, unit)}`,
    unit: counted,
    on: "on",
    off: "off",
    complete: (share: string) => `explains ${share} of the score difference`,
    gap: (share: string) => `completeness gap ${share} of the score difference`,
    raiseSteps: "Raise n_steps",
    delta: (delta: string) => `convergence delta ${delta}`,
    noDifference: (delta: string) => `the score does not differ from the baseline’s; convergence delta ${delta}`,
    allZero: "Every attribution is exactly 0. Try another baseline or layer.",
    nonFinite: (n: number) =>
      `${n} ${plural(n, "attribution is", "attributions are")} not finite (NaN or infinite), so no map is drawn.`,
    noPositive: "Nothing raises the score.",
    noNegative: "Nothing lowers the score.",
    evidenceFailed: "The true evidence could not be loaded.",
  },

  faithfulness,
  own,
  edit,
  share,
  /** Where a map's mass lies, and what its colours say. */
  mapText,
  features,
  detail,
  present,
  shortcuts,
  errors: {
    title: "Something went wrong",
    unknown: "The server answered with an error it does not explain.",
    /** By code: what the page says instead of, or in place of a missing, message. */
    messages: {
      unreachable: "The server cannot be reached.",
      interrupted: "The server was stopped before this was done. Fetch again.",
      failed: "The server could not finish this.",
      http_401: "This session has ended. Open the link that attriscope printed when it started.",
      http_404: "The server does not have this any more.",
      http_429: "Too many requests. Try again in a moment.",
      http_503: "The server is busy. Try again in a moment.",
    } as Record<string, string>,
    samples: "The samples could not be loaded.",
    job: (id: string) => `Quote job ${id} when you ask about this.`,
    crashed: "The page stumbled over an error of its own.",
    reload: "Reload",
  },
};

export type Text = typeof en;
