import { describe, expect, it } from "vitest";

import type { TargetChoice } from "../api/types";
import { model, sample } from "./fixtures";
import { explainedBy, readTarget, resolveTarget, withinRegion, writeTarget } from "./target";

describe("readTarget", () => {
  const region = { left: 0, top: 12, right: 8, bottom: 13 };
  const choices: TargetChoice[] = [
    "predicted",
    "label",
    0,
    999,
    { of: 3, against: 5 },
    { of: 3, region },
    { of: "predicted", against: 2, region },
    { function: "margin" },
    { function: "p.r~e@c/ision 50%" },
  ];
  it.each([...choices, { of: "predicted", against: "runner_up" } as const])("reads what was written: %j", (target) => {
    expect(readTarget(writeTarget(target))).toEqual(target);
  });

  it.each([
    null,
    "",
    "cat",
    "-1",
    "3~",
    "~3",
    "3~3",
    "1~2~3",
    "1.5",
    "1@",
    "1@0_0_0_4",
    "1@1_2_3",
    "1@0_0_1_1@0_0_2_2",
    "fn:",
    "fn:%",
  ])("reads nothing else: %j", (value) => {
    expect(readTarget(value)).toBeNull();
  });
});

describe("resolveTarget", () => {
  it("knows both classes of a contrast, as a finished map tells them", () => {
    const asked = { of: "predicted", against: "runner_up" } as const;
    const found = resolveTarget(asked, model("a"), sample(0, 1));
    expect(found).toBe(explainedBy({ target: 1, against: 0 }, asked));
    expect(found).not.toBe(explainedBy({ target: 0, against: 1 }, asked));
    expect(found).not.toBe(explainedBy({ target: 1 }, "predicted"));
  });

  it("waits for what is not predicted yet, and expects no class of a single output", () => {
    const contrast = { of: 0, against: "runner_up" } as const;
    expect(resolveTarget(contrast, model("a"), undefined)).toBeUndefined();
    expect(resolveTarget(contrast, model("a", { outputs: 1 }), sample(0))).toBeNull();
  });

  it("tells regions and functions from each other, and from the whole", () => {
    const asked = { of: "predicted", region: { left: 0, top: 0, right: 2, bottom: 1 } } as const;
    const found = resolveTarget(asked, model("a"), sample(0, 1));
    expect(found).toBe(explainedBy({ target: 1 }, asked));
    expect(found).not.toBe(explainedBy({ target: 1 }, { ...asked, region: { ...asked.region, right: 3 } }));
    expect(found).not.toBe(explainedBy({ target: 1 }, 1));
    const single = model("a", { outputs: 1 });
    expect(resolveTarget(asked, single, sample(0))).toBe(explainedBy({ target: null }, asked));
    const named = { function: "margin" };
    expect(resolveTarget(named, single, sample(0))).toBe(explainedBy({ target: null }, named));
    expect(resolveTarget(named, single, sample(0))).not.toBe(explainedBy({ target: null }, { function: "other" }));
  });

  it("keeps the region when another class is chosen in it", () => {
    const asked = { of: 1, against: 2, region: { left: 0, top: 0, right: 2, bottom: 1 } } as const;
    expect(withinRegion(asked, 4)).toEqual({ of: 4, region: asked.region });
    expect(withinRegion(3, 4)).toBe(4);
    expect(withinRegion({ function: "margin" }, 4, 5)).toEqual({ of: 4, against: 5 });
    expect(withinRegion(3, 4, 4)).toBe(4);
  });
});
