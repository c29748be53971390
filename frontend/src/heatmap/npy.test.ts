import { describe, expect, it } from "vitest";

import { heatMap, isAllZero } from "./map";
import { NpyError, parseNpy } from "./npy";

/** As NumPy writes it: the header padded with spaces so that the data starts at a multiple of 64. */
function npy(descr: string, shape: string, data: Uint8Array, order = "False", version = 1): ArrayBuffer {
  const lengthBytes = version === 1 ? 2 : 4;
  let header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  header = header.padEnd(Math.ceil((8 + lengthBytes + header.length + 1) / 64) * 64 - 8 - lengthBytes - 1) + "\n";
  const out = new Uint8Array(8 + lengthBytes + header.length + data.length);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(out.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  out.set(new TextEncoder().encode(header), 8 + lengthBytes);
  out.set(data, 8 + lengthBytes + header.length);
  return out.buffer;
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);

describe("parseNpy", () => {
  it("reads float32 of any shape, in both header versions", () => {
    for (const version of [1, 2]) {
      const { shape, data } = parseNpy(npy("<f4", "(1, 2, 3)", floats(1, -2, 3, 0.5, 0, 6), "False", version));
      expect(shape).toEqual([1, 2, 3]);
      expect([...data]).toEqual([1, -2, 3, 0.5, 0, 6]);
    }
  });

  it("reads a vector's trailing comma, a scalar's empty shape and bytes", () => {
    expect(parseNpy(npy("<f4", "(2,)", floats(7, 8))).shape).toEqual([2]);
    expect(parseNpy(npy("<f4", "()", floats(7))).shape).toEqual([]);
    expect([...parseNpy(npy("|u1", "(1, 3)", new Uint8Array([0, 1, 255]))).data]).toEqual([0, 1, 255]);
  });

  it.each([
    ["no file at all", new Uint8Array([1, 2, 3]).buffer, "not a .npy file"],
    ["Fortran order", npy("<f4", "(2,)", floats(1, 2), "True"), "Fortran"],
    ["pickled objects", npy("|O", "(1,)", new Uint8Array(8)), "|O"],
    ["big-endian numbers", npy(">f4", "(1,)", floats(1)), ">f4"],
    ["missing data", npy("<f4", "(3,)", floats(1, 2)), "8 bytes"],
    ["surplus data", npy("<f4", "(1,)", floats(1, 2)), "promises 4"],
  ])("refuses %s", (_, buffer, words) => {
    expect(() => parseNpy(buffer)).toThrow(NpyError);
    expect(() => parseNpy(buffer)).toThrow(words);
  });

  it("refuses a header that promises more than there is", () => {
    expect(() => parseNpy(npy("<f4", "(2,)", floats(1, 2)).slice(0, 40))).toThrow("cut short");
  });
});

describe("heatMap", () => {
  it("sums channels and knows the range", () => {
    const map = heatMap({ shape: [3, 1, 2], data: new Float32Array([1, 2, 10, 20, -100, -200]) });
    expect(map).toMatchObject({ width: 2, height: 1, channels: 3, minimum: -178, maximum: -89, nonFinite: 0 });
    expect([...map.values]).toEqual([-89, -178]);
  });

  it("tells apart what is zero from what is tiny", () => {
    expect(isAllZero(heatMap({ shape: [1, 1, 2], data: new Float32Array([0, 0]) }))).toBe(true);
    expect(isAllZero(heatMap({ shape: [1, 1, 2], data: new Float32Array([0, 1e-30]) }))).toBe(false);
  });

  it("counts what is not finite and keeps it out of the range", () => {
    const map = heatMap({ shape: [1, 1, 4], data: new Float32Array([NaN, Infinity, 2, -1]) });
    expect(map).toMatchObject({ nonFinite: 2, minimum: -1, maximum: 2 });
    expect(isAllZero(map)).toBe(false);
  });

  it("refuses what is no map", () => {
    expect(() => heatMap({ shape: [4], data: new Float32Array(4) })).toThrow("2 or 3 dimensions");
  });
});
