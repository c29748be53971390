import { describe, expect, it } from "vitest";

import type { TargetChoice } from "../api/types";
import { model, sample } from "./fixtures";
import { explainedBy, readTarget, resolveTarget, writeTarget } from "./target";

describe("readTarget", () => {
  const choices: TargetChoice[] = ["predicted", "label", 0, 999, { of: 3, against: 5 }];
  it.each([...choices, { of: "predicted", against: "runner_up" } as const])("reads what was written: %j", (target) => {
    expect(readTarget(writeTarget(target))).toEqual(target);
  });

  it.each([null, "", "cat", "-1", "3~", "~3", "3~3", "1~2~3", "1.5"])("reads nothing else: %j", (value) => {
    expect(readTarget(value)).toBeNull();
  });
});

describe("resolveTarget", () => {
  it("knows both classes of a contrast, as a finished map tells them", () => {
    const found = resolveTarget({ of: "predicted", against: "runner_up" }, model("a"), sample(0, 1));
    expect(found).toBe(explainedBy({ target: 1, against: 0 }));
    expect(found).not.toBe(explainedBy({ target: 0, against: 1 }));
    expect(found).not.toBe(explainedBy({ target: 1 }));
  });

  it("waits for what is not predicted yet, and expects no class of a single output", () => {
    const contrast = { of: 0, against: "runner_up" } as const;
    expect(resolveTarget(contrast, model("a"), undefined)).toBeUndefined();
    expect(resolveTarget(contrast, model("a", { outputs: 1 }), sample(0))).toBeNull();
  });
});
