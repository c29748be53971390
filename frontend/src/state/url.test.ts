import { describe, expect, it } from "vitest";

import { INITIAL, type Page } from "./page";
import { linkTo, parse, serialise } from "./url";

const FULL: Page = {
  ask: {
    explorer: "cifar 10/ü",
    models: ["resnet20", "a&b=c"],
    method: "integrated_gradients",
    arguments: { integrated_gradients: { n_steps: 25, method: "riemann_left", flag: false, word: "true", share: 0.5 } },
    layers: { resnet20: "layer3.2.conv1" },
    target: 3,
    retargets: [
      { sample: 12, model: "re.s.net", target: 4 },
      { sample: 3, model: "a&b=c", target: 0 },
    ],
    baseline: "blurred",
    smoothing: { type: "vargrad", samples: 7, noise: 0.25, seed: 9 },
    quantity: "score",
    precision: "fused",
  },
  browse: {
    start: 16,
    count: 4,
    k: 3,
    order: "mistakes",
    by: "resnet20",
    predicted: 0,
    label: 5,
    correct: false,
    scan: 1500,
    own: [2 ** 30, 2 ** 30 + 5],
  },
  display: {
    panels: ["original", "heat", "masked"],
    sign: "negative",
    opacity: 0.35,
    outlier: 0,
    scale: "viridis",
    shared: true,
    evidence: true,
    size: "large",
  },
  fetched: true,
  view: { kind: "detail", sample: 12, place: null },
};

const roundTrip = (page: Page): Page => parse(new URLSearchParams(serialise(page).toString()));

describe("the URL", () => {
  it("holds everything", () => {
    expect(roundTrip(FULL)).toEqual(FULL);
  });

  it("is empty for the defaults", () => {
    expect(serialise(INITIAL).toString()).toBe("");
    expect(roundTrip(INITIAL)).toEqual(INITIAL);
  });

  it("keeps apart 'off' and 'as preset'", () => {
    const off = { ...INITIAL, ask: { ...INITIAL.ask, smoothing: null } };
    expect(roundTrip(off).ask.smoothing).toBeNull();
    expect(roundTrip(INITIAL).ask.smoothing).toBeUndefined();
  });

  it("can show no panel at all", () => {
    const none = { ...INITIAL, display: { ...INITIAL.display, panels: [] } };
    expect(roundTrip(none).display.panels).toEqual([]);
  });

  it("keeps the words true and 12 words", () => {
    const page = {
      ...INITIAL,
      ask: { ...INITIAL.ask, method: "m", arguments: { m: { a: "12", b: "true", c: '"x"', d: "plain" } } },
    };
    expect(roundTrip(page).ask.arguments).toEqual(page.ask.arguments);
  });

  it.each([
    "start=-3",
    "start=1e9",
    "count=0",
    "count=x",
    "k=",
    "order=upwards",
    "correct=maybe",
    "predicted=-1",
    "opacity=2",
    "opacity=",
    "outlier=NaN",
    "scale=rainbow",
    "sign=",
    "explain=1.2",
    "explain=a.b.c",
    "target=cat",
    "quantity=joy",
    "smoothing=blur,1,2,3",
    "size=9",
    "nonsense=1",
  ])("ignores %s", (query) => {
    expect(parse(new URLSearchParams(query))).toEqual(INITIAL);
  });

  it("is told whole, without what else the address held", () => {
    const here = new URL("https://host:8/attriscope/?token=secret#part");
    expect(linkTo(here, INITIAL)).toBe("https://host:8/attriscope/");
    const link = linkTo(here, FULL);
    expect(parse(new URL(link).searchParams)).toEqual(FULL);
    expect(link).not.toContain("secret");
  });
});
