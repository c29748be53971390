/** The checks of a map. */

import { quoted } from "./words";

export const faithfulness = {
  open: "Is this map faithful?",
  title: "Is this map faithful?",
  about: (map: string, sample: string) => `${map}, ${sample}`,
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
      "A map that stays as it is shows the input, not what the model has learnt.",
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
      hardly: "The map hardly changes when the weights are random: it shows the input, not the model.",
      partly: "The map keeps much of its shape when the weights are random: part of it shows the input, not the model.",
      changes: "The map changes when the weights are random: it depends on what the model has learnt.",
      unknown: "One of the maps is constant, so that nothing can be told.",
    },
    whereNotWhat:
      "Where it is strong still follows the input, though; what raises or lowers the output follows the model.",
  },
};
