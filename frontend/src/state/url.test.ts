import { describe, expect, it } from "vitest";

import { column } from "./fixtures";
import { INITIAL, type Page } from "./page";
import { linkTo, parse, serialise } from "./url";

const FULL: Page = {
  ask: {
    explorer: "cifar 10/ü",
    columns: [
      {
        id: 1,
        model: "a&b=c",
        method: "integrated_gradients",
        arguments: {
          integrated_gradients: { n_steps: 25, method: "riemann_left", flag: false, word: "true", share: 0.5 },
        },
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
      column({ id: 12, method: "lime", arguments: { lime: { n_samples: 9 } }, target: { of: 1, against: "label" } }),
      column({ id: 3, model: "resnet20", smoothing: null, layers: { resnet20: "conv1", other: "c2.method" } }),
    ],
    selected: 12,
    together: false,
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
    const off = { ...INITIAL, ask: { ...INITIAL.ask, columns: [column({ smoothing: null })] } };
    expect(roundTrip(off).ask.columns[0]?.smoothing).toBeNull();
    expect(roundTrip(INITIAL).ask.columns[0]?.smoothing).toBeUndefined();
  });

  it("can show no panel at all", () => {
    const none = { ...INITIAL, display: { ...INITIAL.display, panels: [] } };
    expect(roundTrip(none).display.panels).toEqual([]);
  });

  it("keeps the words true and 12 words", () => {
    const values = { a: "12", b: "true", c: '"x"', d: "plain" };
    const page = { ...INITIAL, ask: { ...INITIAL.ask, columns: [column({ method: "m", arguments: { m: values } })] } };
    expect(roundTrip(page).ask).toEqual(page.ask);
  });

  it("keeps columns that leave everything to the explorer", () => {
    const columns = [column({ id: 2 }), column({ id: 5 })];
    const page = { ...INITIAL, ask: { ...INITIAL.ask, columns, selected: 5 } };
    expect(roundTrip(page)).toEqual(page);
    expect(serialise(page).toString()).toBe("columns=2%2C5&column=5");
  });

  it("reads several models of before there were columns as columns", () => {
    const { ask } = parse(new URLSearchParams("model=a&model=b&method=saliency&explain=3.1.b"));
    const retargets = [{ sample: 3, model: "b", target: 1 }];
    expect(ask.columns).toEqual([
      column({ id: 1, model: "a", method: "saliency", retargets }),
      column({ id: 2, model: "b", method: "saliency", retargets }),
    ]);
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
    "columns=",
    "columns=0,-1,x",
    "column=7",
    "c2.method=lime",
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
