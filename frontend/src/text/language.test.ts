import { describe, expect, it } from "vitest";

import { chooseLanguage, type Wishes } from "./language";

const wishes = (patch: Partial<Wishes>): Wishes => ({
  address: null,
  remembered: null,
  server: "auto",
  browser: [],
  ...patch,
});

describe("chooseLanguage", () => {
  it("goes by the address, then the earlier choice, then the server, then the browser", () => {
    const all = { address: "zh", remembered: "en", server: "zh", browser: ["en-GB"] };
    expect(chooseLanguage(wishes(all))).toBe("zh");
    expect(chooseLanguage(wishes({ ...all, address: null }))).toBe("en");
    expect(chooseLanguage(wishes({ ...all, address: null, remembered: null }))).toBe("zh");
    expect(chooseLanguage(wishes({ browser: ["en-GB", "zh-CN"] }))).toBe("en");
  });

  it("takes the first of the browser's languages that the page speaks", () => {
    expect(chooseLanguage(wishes({ browser: ["fr", "zh-Hans-CN", "en"] }))).toBe("zh");
    expect(chooseLanguage(wishes({ browser: ["fr"] }))).toBe("en");
  });

  it("passes over what is no language of the page", () => {
    expect(chooseLanguage(wishes({ address: "tlh", remembered: "", browser: ["zh"] }))).toBe("zh");
    expect(chooseLanguage(wishes({ server: "__LANGUAGE__" }))).toBe("en");
  });
});
