import { describe, expect, it } from "vitest";

import type { FeatureDescription } from "../api/types";
import {
  countBaselines,
  namesFor,
  offered,
  readBaseline,
  withNames,
  writeBaseline,
  type BaselineChoice,
} from "./baselines";

const baselines = (...ids: string[]): NonNullable<FeatureDescription["baselines"]> =>
  ids.map((id) => ({ id, name: id, description: "" }));
const IMAGE: FeatureDescription = { name: "image", kind: "image", shape: [], baselines: baselines("zero", "black") };
const TEXT: FeatureDescription = { name: "a;b=c", kind: "text", shape: [], baselines: baselines("padding", "mask") };

describe("readBaseline", () => {
  const choices: BaselineChoice[] = [
    "zero",
    "sample:17",
    ["black", "white"],
    ["samples:8", "zero"],
    { image: ["black", "sample:3"], "a;b=c": ["padding"] },
  ];
  it.each(choices)("reads what was written: %j", (choice) => {
    expect(readBaseline(writeBaseline(choice))).toEqual(choice);
  });

  it.each([null, "", ",", "=zero", "image=", "image=zero;", "%=zero"])("reads nothing else: %j", (value) => {
    expect(readBaseline(value)).toBeNull();
  });
});

describe("namesFor", () => {
  it("is what the input knows of a choice for all, or its default", () => {
    expect(namesFor("black", IMAGE)).toEqual(["black"]);
    expect(namesFor("black", TEXT)).toEqual(["padding"]);
    expect(namesFor(["black", "sample:2"], TEXT)).toEqual(["padding", "sample:2"]);
    expect(namesFor({ image: ["black"] }, TEXT)).toEqual(["padding"]);
  });
});

describe("offered", () => {
  const chosen = ["sample:1", "black", "sample:2", "samples:8", "samples:9", "sample:2"];
  const found = offered(IMAGE, chosen, { sample: 1, samples: 8 });

  it("has one place for every choice, the same for another number", () => {
    const slots = found.map(({ slot }) => slot);
    expect(found.map(({ id }) => id)).toEqual(["zero", "black", "sample:1", "samples:8", "sample:2", "samples:9"]);
    expect(new Set(slots).size).toBe(slots.length);
    const other = offered(IMAGE, ["sample:5"], { sample: 5, samples: 8 });
    expect(other.map(({ slot }) => slot)).toEqual(slots.slice(0, 4));
  });
});

describe("withNames", () => {
  it("is plain for one input and names every one of several", () => {
    expect(withNames("zero", [IMAGE], IMAGE, ["black"])).toBe("black");
    expect(withNames("zero", [IMAGE], IMAGE, ["black", "zero"])).toEqual(["black", "zero"]);
    expect(withNames("black", [IMAGE, TEXT], TEXT, ["mask"])).toEqual({ image: ["black"], "a;b=c": ["mask"] });
  });
});

describe("countBaselines", () => {
  it("counts samples one by one, and every combination of several inputs'", () => {
    expect(countBaselines("zero", [IMAGE])).toBe(1);
    expect(countBaselines(["zero", "samples:8"], [IMAGE])).toBe(9);
    expect(countBaselines({ image: ["zero", "black"], "a;b=c": ["mask", "padding"] }, [IMAGE, TEXT])).toBe(4);
  });
});
