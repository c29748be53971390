import { describe, expect, it } from "vitest";

import { description, method, model } from "../state/fixtures";
import { en } from "./en";
import { choiceName, localise, phrase } from "./localise";
import { zh } from "./zh";

describe("phrase", () => {
  it("fills the places of a phrase with what the server said", () => {
    expect(phrase(zh, "Its output is a tuple of Tensor, tuple, not a tensor.")).toBe(
      "它的输出是 a tuple of Tensor, tuple，不是张量。",
    );
    expect(phrase(zh, "Its output has shape (): no row for each example.")).toContain("()");
    const lrp =
      "Layer 'encoder.ln (a+b)' (LayerNorm) calls native_layer_norm, which has no LRP rule; set one on the layer, " +
      "such as IdentityRule(), or choose another method.";
    expect(phrase(zh, lrp)).toContain("层“encoder.ln (a+b)”（LayerNorm）调用了 native_layer_norm");
  });

  it("leaves what it does not know", () => {
    expect(phrase(zh, "A user's own words.")).toBe("A user's own words.");
    expect(phrase(en, "Its output is None, not a tensor.")).toBe("Its output is None, not a tensor.");
  });
});

describe("localise", () => {
  it("says reasons against layers and methods", () => {
    const reason = "It is not called in the forward pass.";
    const layer = { name: "idle", type: "Identity", output_shape: null, selectable: false, reason };
    const said = localise(
      zh,
      description({
        models: [model("a", { layers: [layer] })],
        methods: [
          method({ unavailable: { a: ["The model calls no ReLU, so that only the plain gradient would be left."] } }),
        ],
      }),
    );
    expect(said.models[0]?.layers[0]?.reason).toBe("前向传播没有经过它。");
    expect(said.methods[0]?.unavailable.a).toEqual(["模型没有使用 ReLU，只会剩下普通梯度。"]);
  });
});

describe("the baseline of several inputs", () => {
  it("is said input by input", () => {
    const parts = [
      { feature: "image", description: "every pixel black" },
      { feature: "text", description: "every token is padding" },
    ];
    const joined = { id: "black", name: "Black", description: "image: every pixel black; text: …", parts };
    const [said] = localise(zh, description({ baselines: [joined] })).baselines;
    expect(said?.description).toBe("image：所有像素为黑色；text：所有词元均为填充词元");
  });
});

describe("choiceName", () => {
  it("is the language's, else made of the value", () => {
    expect(choiceName(zh, "bilinear")).toBe("双线性");
    expect(choiceName(en, "gausslegendre")).toBe("Gauss–Legendre");
    expect(choiceName(en, "riemann_left")).toBe("Riemann left");
    expect(choiceName(zh, "z_plus")).toBe("z_plus");
  });
});
