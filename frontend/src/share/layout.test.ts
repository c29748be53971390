import { describe, expect, it } from "vitest";

import { underlay, type Picture } from "../heatmap";
import { INITIAL, type Display } from "../state/page";
import { layout, type Layout } from "./layout";
import { wrapped, type Piece, type Words } from "./pieces";
import type { ShownCell, ShownGrid, ShownRow } from "./shown";

const WORDS: Words = {
  panels: { original: "O", overlay: "V", heat: "H", positive: "P", negative: "N", masked: "M" },
  attribution: "A",
  contributions: "C",
  value: (value) => value.toPrecision(2),
  foot: "made with",
};
const measure = (text: string): number => 6 * text.length;

function picture(width: number, height: number): Picture {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(128);
  return { width, height, rgba, grey: underlay(rgba) };
}

function cell(title: string, scale = 1): ShownCell {
  const values = Float32Array.from({ length: 8 }, (_, i) => scale * (i - 3));
  return {
    title,
    captions: ["explains the output for 'cat'", "Integrated Gradients, 50 steps, zero baseline"],
    sign: "all",
    group: "g",
    info: {} as ShownCell["info"],
    maps: [{ feature: "image", interpolation: "nearest", map: { width: 4, height: 2, values } }],
    shares: [],
  };
}

function row(sample: number, cells: ShownCell[]): ShownRow {
  const image = {
    kind: "image" as const,
    feature: "image",
    file: new Uint8Array(),
    picture: picture(4, 2),
    outline: null,
  };
  return { sample, number: `#${sample}`, label: "cat", inputs: [image], cells };
}

function grid(rows: ShownRow[], display: Partial<Display> = {}): ShownGrid {
  return { title: "Scenes", subtitle: "Integrated Gradients", rows, display: { ...INITIAL.display, ...display } };
}

const placed = (of: ShownGrid): Layout => layout(of, WORDS, measure);
const texts = ({ pieces }: Layout): string[] => pieces.flatMap((piece) => (piece.kind === "text" ? [piece.text] : []));

type Box = { x: number; y: number; width: number; height: number };
const isBox = (piece: Piece): piece is Piece & Box => piece.kind !== "text";
const meet = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe("the picture of a grid", () => {
  const many = grid(
    Array.from({ length: 7 }, (_, i) => row(i, [cell("first"), cell("second")])),
    { panels: ["original", "overlay", "heat"] },
  );

  it("shows every sample once, with its label, the columns' titles and the captions", () => {
    const all = texts(placed(many));
    for (let i = 0; i < 7; i++) expect(all.filter((text) => text === `#${i}`)).toHaveLength(1);
    expect(all.filter((text) => text === "cat")).toHaveLength(7);
    expect(all.filter((text) => text === "first")).toHaveLength(7);
    expect(all.filter((text) => text.startsWith("explains"))).toHaveLength(14);
    expect(all.at(-1)).toBe("made with");
  });

  it("has the original once a sample and the other panels once a column, each map panel with a bar", () => {
    const { pieces } = placed(many);
    const panels = pieces.flatMap((piece) => (piece.kind === "panel" ? [piece.panel.panel] : []));
    expect(panels.filter((panel) => panel === "original")).toHaveLength(7);
    expect(panels.filter((panel) => panel === "overlay")).toHaveLength(14);
    expect(panels.filter((panel) => panel === "heat")).toHaveLength(14);
    expect(pieces.filter(({ kind }) => kind === "bar")).toHaveLength(28);
  });

  it("puts nothing over anything else, and everything inside", () => {
    const { pieces, width, height } = placed(many);
    const boxes = pieces.filter(isBox);
    boxes.forEach((box, i) => {
      expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height).toBe(true);
      expect(boxes.slice(i + 1).some((other) => meet(box, other))).toBe(false);
    });
    for (const { x, y } of pieces) expect(x >= 0 && x <= width && y >= 0 && y < height).toBe(true);
  });

  it("keeps the images' proportions", () => {
    for (const piece of placed(many).pieces)
      if (piece.kind === "panel") expect(piece.width / piece.height).toBeCloseTo(2, 1);
  });

  it("ends all bars at the largest value where the scale is shared", () => {
    const rows = [row(0, [cell("", 1)]), row(1, [cell("", 10)])];
    const ends = (display: Partial<Display>): Set<number> =>
      new Set(placed(grid(rows, display)).pieces.flatMap((piece) => (piece.kind === "bar" ? [piece.bar.high] : [])));
    expect(ends({ shared: true, outlier: 0 })).toEqual(new Set([40]));
    expect(ends({ shared: false, outlier: 0 })).toEqual(new Set([4, 40]));
  });

  it("is there without any panel ticked", () => {
    expect(placed(grid([row(0, [cell("")])], { panels: [] })).width).toBeGreaterThan(0);
  });
});

describe("wrapping", () => {
  it("breaks at spaces and keeps every word", () => {
    const lines = wrapped("one two three four", 60, measure);
    expect(lines.every((line) => measure(line) <= 60)).toBe(true);
    expect(lines.join(" ")).toBe("one two three four");
  });

  it("cuts a word that fits no line, and says so", () => {
    expect(wrapped("abcdefghijklmnop", 36, measure)).toEqual(["abcde…"]);
  });

  it("makes nothing of nothing", () => {
    expect(wrapped("  ", 50, measure)).toEqual([]);
  });
});

describe("words, lines and shares in the picture of a grid", () => {
  const display = { ...INITIAL.display, panels: ["original", "overlay"] as const };
  const values = Float32Array.from([0.5, -1, 0.25, 0]);
  const map = { width: 4, height: 1, values };
  const words = ["good", "un", "film", "<pad>"].map((text, start) => ({
    text,
    start,
    stop: start + 1,
    padding: start === 3,
  }));
  const rows = [
    { name: "age", value: 41, unit: "years", places: [0] },
    { name: "colour", value: "red", unit: null, places: [1, 2, 3] },
  ];
  const decides = [true, false, false, false];
  const mixed: ShownRow = {
    ...row(0, []),
    inputs: [
      { kind: "text", feature: "review", width: 4, words, decides },
      { kind: "table", feature: "person", width: 4, rows, decides: [] },
    ],
    cells: [
      {
        ...cell(""),
        maps: [
          { feature: "review", interpolation: "nearest", map },
          { feature: "person", interpolation: "nearest", map },
        ],
        shares: [
          { name: "review", sum: -0.25, share: 0.75 },
          { name: "person", sum: 0.1, share: 0.25 },
        ],
      },
    ],
  };
  const drawn = placed({ ...grid([mixed]), display });

  it("says every word and value, padding left out", () => {
    const all = texts(drawn);
    for (const word of ["good", "un", "film"]) expect(all.filter((text) => text === word)).toHaveLength(2);
    expect(all).not.toContain("<pad>");
    for (const text of ["41 years", "red", "0.50", "-0.75", "C", "75.0 %", "review: A", "person: A"])
      expect(all).toContain(text);
  });

  it("colours what has a value, and nothing stands over anything else", () => {
    const fills = drawn.pieces.filter((piece) => piece.kind === "fill");
    expect(new Set(fills.map(({ fill }) => fill)).size).toBeGreaterThan(3);
    for (const piece of drawn.pieces.filter(isBox)) {
      expect(piece.x + piece.width).toBeLessThanOrEqual(drawn.width);
      expect(piece.y + piece.height).toBeLessThanOrEqual(drawn.height);
    }
    const bars = drawn.pieces.filter((piece) => piece.kind === "bar");
    bars.forEach((bar, i) => bars.slice(i + 1).forEach((other) => expect(meet(bar, other)).toBe(false)));
  });
});
