/** Every word of the interface, in English. Another language is another object of this shape. */

import type { ConnectionState } from "../api/stream";
import type { ExplorerState } from "../api/types";
import type { PanelId, SignChoice, TileSize } from "../state/page";
import type { ScaleId } from "../heatmap";
import type { ShortcutId } from "../views/shortcuts";

const plural = (n: number, one: string, many: string): string => (n === 1 ? one : many);
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
const SUFFIXES: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };
const ordinal = (n: number): string => `${n}${SUFFIXES[ordinals.select(n)] ?? "th"}`;
const quoted = (name: string): string => `'${name}'`;
const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

export const en = {
  name: "attriscope",
  title: (explorer: string) => `${explorer} · attriscope`,
  tagline: "What a PyTorch model bases its predictions on",
  skipToSamples: "Skip to the samples",
  close: "Close",
  retry: "Retry",
  details: "Details",

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
  },

  settings: {
    title: "Settings",
    open: "Settings",
    model: "Model",
    models: "Models",
    parameters: (n: string) => `${n} parameters`,
    outputs: (n: number) => `${n} ${plural(n, "output", "outputs")}`,
    method: "Method",
    noMethod: "No method of that name",
    about: (method: string) => `About ${method}`,
    limitations: "Limitations",
    deviations: "Differs from Captum",
    references: "References",
    arguments: "Arguments",
    advanced: "More arguments",
    fewer: "Fewer arguments",
    resetArguments: "Reset",
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
    layerDefault: "default",
    wholeModel: "(the whole model)",
    noLayer: "No layer of that name",
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
    smoothingHelp: "Averages the map over noisy copies of the image",
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

  target: {
    rather: (name: string, rival: string) => `${name} rather than ${rival}`,
    ratherThan: "Rather than",
    alone: "nothing: the class by itself",
    runnerUp: "Second prediction",
    againstRunnerUp: "Predicted rather than second",
    swap: "Swap the two classes",
    versus: "vs",
    explainRather: (name: string, rival: string) => `Explain ${name} rather than ${rival}`,
    narrow: (n: number) => `Type to narrow ${n} classes.`,
    layerUp: (model: string) => `Previous layer of ${model}`,
    layerDown: (model: string) => `Next layer of ${model}`,
  },

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
    pastEnd: (scanned: number) =>
      `The dataset ends before this place; ${scanned} ${plural(scanned, "sample", "samples")} were read.`,
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
    evidenceHelp: "Outlines the pixels that truly decide the class",
    more: "Drawing",
    size: "Size",
    sizes: { small: "Small", medium: "Medium", large: "Large" } satisfies Record<TileSize, string>,
  },

  sample: {
    number: (index: number) => `#${index}`,
    label: "label",
    noLabel: "no label",
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
    quantity: (value: string, unit: string) => `${value} ${unit}`,
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

  faithfulness: {
    open: "Is this map faithful?",
    title: "Is this map faithful?",
    about: (map: string, sample: number) => `${map}, sample ${sample}`,
    beforeReload: "The models were loaded again since this map was made. Fetch again, then check the new map.",
    run: "Run",
    again: "Run again",
    cost: (evaluations: string) => `${evaluations} evaluations`,
    stored: "stored already",
    waiting: "Waiting for the model…",
    running: "Running…",
    progress: (check: string) => `Progress: ${check}`,
    cancel: "Cancel",
    failed: "The check failed.",
    refused: "This map cannot be checked so.",
    loading: "Loading the result…",

    curves: {
      title: "Remove and restore squares",
      about:
        "Squares of the image are replaced, those that the map ranks highest first, and the model is asked after each. " +
        "If the map is right, the value falls soon (deletion) or, starting from nothing, rises soon (insertion).",
      controls: (orders: number) =>
        `Beside it, two orders that know nothing of the model: the image’s edges, and ${orders} random orders with their spread.`,
      fill: "Replace by",
      quantity: "Follow",
      output: (target: string | null) => (target === null ? "output" : `output for ${quoted(target)}`),
      score: (name: string, target: string | null) => (target === null ? name : `${name} for ${quoted(target)}`),
      names: { map: "this map", edges: "edges", random: "random" },
      kinds: { deletion: "Deletion", insertion: "Insertion" },
      goal: { deletion: "lower is better", insertion: "higher is better" },
      axis: { deletion: "squares removed", insertion: "squares restored" },
      area: "Area under the curve",
      order: "Order",
      share: (percent: number) => `${percent} %`,
      plusMinus: (value: string, spread: string) => `${value} ± ${spread}`,
      at: {
        deletion: (percent: number) => `${percent} % removed`,
        insertion: (percent: number) => `${percent} % restored`,
      },
      point: (name: string, value: string) => `${name} ${value}`,
      chart: (kind: string, points: string) => `${kind} curve. Areas: ${points}.`,
      explore: (kind: string) => `Read the ${kind.toLowerCase()} curve at a share of the squares`,
      table: "Values as a table",
      verdicts: {
        better: "Better than a random order and than the edges.",
        edges: "Better than a random order, but the image’s edges do as well or better.",
        alike: "No better than a random order.",
        worse: "Worse than a random order.",
      },
    },

    random: {
      title: "Forget the weights",
      about:
        "The same map of copies of the model whose weights are random: first in the last layers, in the end in all. " +
        "A map that stays as it is shows the image, not what the model has learnt.",
      reference: "Adebayo et al. (2018)",
      original: "The model",
      stage: (random: number, of: number) => (random === of ? "all layers random" : `${random} of ${of} layers random`),
      layers: "Random since this stage",
      own: "(the model’s own)",
      signed: "signed",
      absolute: "absolute",
      similarity: "Rank correlation with the map",
      value: (value: string | null) => value ?? "none: constant",
      verdicts: {
        hardly: "The map hardly changes when the weights are random: it shows the image, not the model.",
        partly:
          "The map keeps much of its shape when the weights are random: part of it shows the image, not the model.",
        changes: "The map changes when the weights are random: it depends on what the model has learnt.",
        unknown: "One of the maps is constant, so that nothing can be told.",
      },
      whereNotWhat:
        "Where it is strong still follows the image, though; what raises or lowers the output follows the model.",
    },
  },

  own: {
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
      too_large: (name: string, bytes: number, most: number) =>
        `${name} has ${bytes} bytes; at most ${most} are taken.`,
      unsupported_type: (name: string) => `${name} is no image of a known type (JPEG, PNG, WebP, BMP, GIF, TIFF).`,
      no_file: "What was dropped is no file. Addresses are not fetched: save the image and drop the file.",
    },
  },

  edit: {
    button: "Edit…",
    buttonFor: (name: string) => `Edit ${name}`,
    title: (name: string) => `Erase parts of ${name}`,
    from: (source: string, share: string, fill: string) =>
      `edited from ${source}: ${share} erased, filled with ${fill}`,
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
  },

  share: {
    button: "Share",
    cell: (name: string) => `Share ${name}`,
    copyLink: "Copy link",
    copyLinkHelp: "shows others the same maps",
    copyPython: "Copy as Python",
    copyPythonHelp: "code that makes this map again",
    saveMap: "Save map",
    saveOverlay: "Save overlay",
    png: "PNG, one pixel for each of the image",
    savePicture: "Save picture of the grid",
    savePictureHelp: "PNG, with captions and colour bars",
    saveLargePicture: "Save picture, twice as fine",
    saveLargePictureHelp: "PNG for print and slides",
    saveNumbers: "Save numbers",
    saveNumbersHelp: ".npz for NumPy, with metadata",
    savePage: "Save page",
    savePageHelp: ".html that opens offline, with the display controls",
    working: "Working…",
    copied: "Copied",
    saved: "Saved",
    failed: "That did not work",
    noClipboard: "The browser does not let this page write to the clipboard. Copy the text from here:",
    nothing: "There are no maps to save yet. Press Fetch first.",
    tooLarge: (width: number, height: number) =>
      `The picture would have ${width}×${height} pixels, more than a browser can draw. Show fewer samples or smaller tiles.`,
    sampleName: (index: number) => `sample ${index}`,
    sampleRange: (first: number, last: number) => (first === last ? `sample ${first}` : `samples ${first}-${last}`),
    foot: (version: string, date: string) => `Made with attriscope ${version} on ${date}`,
    language: "en",
  },

  /** Where a map's mass lies, and what its colours say. */
  mapText: {
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
    places: { pixel: "pixels", area: "areas" },
    onePlace: { pixel: "pixel", area: "area" },
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
  },

  detail: {
    open: "Look closely",
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
  },

  present: {
    region: "Presenter view",
    closely: "Look closely",
    fullScreen: "Full screen",
    leaveFullScreen: "Leave full screen",
    fetch: "Press Enter to explain this prediction",
  },

  shortcuts: {
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
  },

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
