import { describe, expect, it } from "vitest";

import { classesIn, classIn, colourOf, paintClasses } from "./classes";

const MAP = { shape: [2, 3], data: Uint8Array.from([0, 0, 2, 1, 2, 2]) };

describe("classIn", () => {
  it("is the class of one place, and the most frequent of several", () => {
    expect(classIn(MAP, { left: 0, top: 1, right: 1, bottom: 2 })).toBe(1);
    expect(classIn(MAP, { left: 0, top: 0, right: 3, bottom: 2 })).toBe(2);
    expect(classIn(MAP, { left: 0, top: 0, right: 2, bottom: 1 })).toBe(0);
  });
});

describe("classesIn", () => {
  it("puts the fullest first", () => {
    expect(classesIn(MAP)).toEqual([2, 0, 1]);
  });
});

describe("paintClasses", () => {
  it("gives each place the colour of its class, and begins the palette again", () => {
    const out = new Uint32Array(6);
    paintClasses(MAP, out);
    const bytes = [...new Uint8ClampedArray(out.buffer)];
    expect(bytes.slice(8, 11)).toEqual([...colourOf(2)]);
    expect(bytes.slice(12, 15)).toEqual([...colourOf(1)]);
    expect(colourOf(10)).toEqual(colourOf(0));
    expect(colourOf(11)).not.toEqual(colourOf(10));
  });
});
