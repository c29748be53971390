/** Which language the page speaks. */

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

/** By their own names, as in every list of languages. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "中文" };

/** For `lang` attributes: fonts and screen readers choose by it. */
export const LANGUAGE_TAGS: Record<Language, string> = { en: "en", zh: "zh-CN" };

export interface Wishes {
  /** `lang` of the address. */
  readonly address: string | null;
  /** What the user chose here before. */
  readonly remembered: string | null;
  /** The server's setting; anything else than a language leaves it to the browser. */
  readonly server: string | null;
  /** The browser's languages, best first. */
  readonly browser: readonly string[];
}

export function chooseLanguage({ address, remembered, server, browser }: Wishes): Language {
  for (const wish of [address, remembered, server, ...browser]) {
    const found = readLanguage(wish);
    if (found !== null) return found;
  }
  return "en";
}

/** "zh-Hans-CN" is Chinese. */
function readLanguage(tag: string | null): Language | null {
  const primary = tag?.toLowerCase().split(/[-_]/)[0];
  return LANGUAGES.find((language) => language === primary) ?? null;
}
