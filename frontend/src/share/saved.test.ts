import { describe, expect, it } from "vitest";

import { embeddable, fromBase64, toBase64, toSaved, type SavedWords } from "./saved";
import type { ShownGrid } from "./shown";
import { INITIAL } from "../state/page";

describe("what is embedded in a saved page", () => {
  it("cannot end the element that holds it, and means the same", () => {
    const hostile = { name: "</script><script>alert(1)</script><!--", other: "&amp;\u2028\u2029]]>" };
    const text = embeddable(hostile);
    expect(text).not.toMatch(/[<>&\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(hostile);
  });

  it("holds numbers bit by bit", () => {
    const values = Float32Array.of(0, -0, 1.5, -1e-38, 3e38, 1e-45);
    const grid: ShownGrid = {
      title: "t",
      subtitle: "s",
      display: INITIAL.display,
      rows: [
        {
          sample: 0,
          number: "#0",
          label: null,
          inputs: [],
          cells: [
            {
              title: "",
              captions: [],
              sign: "all",
              group: "",
              info: {} as never,
              maps: [{ feature: "image", interpolation: "nearest", map: { width: 3, height: 2, values } }],
              shares: [],
            },
          ],
        },
      ],
    };
    const saved = toSaved(grid, {} as SavedWords);
    const bytes = fromBase64(saved.rows[0]!.cells[0]!.maps[0]!.map.values);
    expect(bytes).toEqual(new Uint8Array(values.buffer));
  });
});

describe("base64", () => {
  it("goes there and back, at any length", () => {
    for (const length of [0, 1, 2, 3, 0x8000 - 1, 0x8000 + 1, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    }
  });
});
