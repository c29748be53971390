import { describe, expect, it } from "vitest";

import { FIRST_SAMPLES, ONE_SAMPLE } from "../state/baselines";
import { offeredName } from "./baselines";
import { en } from "./en";

describe("offeredName", () => {
  const feature = {
    name: "image",
    kind: "image",
    shape: [],
    baselines: [{ id: "black", name: "Black", description: "" }],
  };
  const name = (slot: string, id = slot): string => offeredName(en, { slot, id }, { ...feature, kind: "image" });

  it("says the number where none stands beside it", () => {
    expect(name("black")).toBe("Black");
    expect(name(ONE_SAMPLE, "sample:1")).toBe(en.outputs.oneSample);
    expect(name(FIRST_SAMPLES, "samples:4")).toBe(en.outputs.firstSamples);
    expect(name("sample:2")).toBe(en.outputs.sample(2));
    expect(name("sample:3")).not.toBe(name("sample:2"));
    expect(name("samples:9")).toBe(en.outputs.samples(9));
  });
});
