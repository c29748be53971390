import { describe, expect, it } from "vitest";

import type { ResultInfo } from "../api/types";
import { archive, type NumbersCell } from "./arrays";

const ORIGIN = { attriscope: "1", explorer: "scenes", fingerprint: "f", device: "cpu", link: "http://x/" };

function cell(sample: number, ...features: string[]): NumbersCell {
  const files = Object.fromEntries(features.map((name, i) => [name, Uint8Array.of(sample, i)]));
  return { sample, label: "cat", info: { key: `k${sample}` } as ResultInfo, files };
}

async function metadata(cells: NumbersCell[]): Promise<{ maps: Record<string, { feature: string }> }> {
  const text = new TextDecoder("latin1").decode(await archive(cells, ORIGIN).arrayBuffer());
  return JSON.parse(text.slice(text.indexOf("{\n"), text.lastIndexOf("\n}") + 2)) as never;
}

describe("an archive of maps", () => {
  it("names each map by its sample, its column and its feature", async () => {
    const { maps } = await metadata([cell(3, "image"), cell(3, "image"), cell(4, "image")]);
    expect(Object.keys(maps)).toEqual(["sample3_0_image", "sample3_1_image", "sample4_0_image"]);
  });

  it("keeps apart what only differs in characters that no name may hold", async () => {
    const { maps } = await metadata([cell(0, "a/b", "a\\b", "a_b")]);
    expect(Object.values(maps).map(({ feature }) => feature)).toEqual(["a/b", "a\\b", "a_b"]);
    expect(Object.keys(maps).every((name) => /^\w+$/.test(name))).toBe(true);
  });
});
