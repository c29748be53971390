import { describe, expect, it } from "vitest";

import { fileName } from "./filenames";

describe("a file's name", () => {
  it("says what the file is of", () => {
    expect(fileName(["scenes", "sample 3", "Input × Gradient", null, "overlay"], "png")).toBe(
      "scenes_sample-3_input-x-gradient_overlay.png",
    );
  });

  it("holds nothing that leads elsewhere, whatever things are called", () => {
    for (const name of ["../../etc/passwd", "C:\\x", "a\u0000b", "<script>", "CON:", "  .hidden"])
      expect(fileName([name], "npz")).toMatch(/^[\p{L}\p{N}_-]+\.npz$/u);
    expect(fileName(["///"], "png")).toBe("attriscope.png");
    expect(fileName(["猫 模型"], "png")).toBe("猫-模型.png");
    expect(fileName(["x".repeat(500)], "png").length).toBeLessThan(130);
  });
});
