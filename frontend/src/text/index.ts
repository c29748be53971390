import type { ErrorBody, Notice } from "../api/types";
import { createStore, useStore } from "../state/store";
import { en, type Text } from "./en";
import { chooseLanguage, LANGUAGE_TAGS, type Language } from "./language";
import { sentence } from "./sentence";

export type { Text };

const MEMORY_KEY = "attriscope.language";

/** Only the language in use is loaded; English is there for whatever cannot be. */
const LOAD: Record<Language, () => Promise<Text>> = {
  en: () => Promise.resolve(en),
  zh: () => import("./zh").then(({ zh }) => zh),
};

interface Speech {
  readonly language: Language;
  readonly text: Text;
}

const speech = createStore<Speech>({ language: "en", text: en });
let wanted: Language = "en";
/** What was wanted and could not be loaded. */
const missing = createStore<Language | null>(null);

/** The words of the language in use. */
export function useText(): Text {
  return useStore(speech, ({ text }) => text);
}

export function useMissingLanguage(): Language | null {
  return useStore(missing, (language) => language);
}

export function useLanguage(): Language {
  return useStore(speech, ({ language }) => language);
}

/** Speaks the language of the address, of an earlier choice, of the server's setting or of the browser. */
export async function startLanguage(): Promise<void> {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="attriscope-language"]');
  const language = chooseLanguage({
    address: new URLSearchParams(location.search).get("lang"),
    remembered: recall(),
    server: meta?.content ?? null,
    browser: navigator.languages,
  });
  await speak(language).catch(() => undefined);
}

/** The user's choice: kept for the next time, and in place of one in the address. Rejects where it cannot be loaded. */
export async function switchLanguage(language: Language): Promise<void> {
  await speak(language);
  try {
    localStorage.setItem(MEMORY_KEY, language);
  } catch {
    // A browser that keeps nothing asks anew the next time.
  }
  const address = new URL(location.href);
  if (!address.searchParams.has("lang")) return;
  address.searchParams.delete("lang");
  history.replaceState(history.state, "", address);
}

async function speak(language: Language): Promise<void> {
  wanted = language;
  missing.set(null);
  const text = await LOAD[language]().catch((error: unknown) => {
    if (wanted === language) missing.set(language);
    throw error;
  });
  // A choice made meanwhile goes first.
  if (wanted !== language) return;
  document.documentElement.lang = LANGUAGE_TAGS[language];
  speech.set({ language, text });
}

function recall(): string | null {
  try {
    return localStorage.getItem(MEMORY_KEY);
  } catch {
    return null;
  }
}

/** The refusal in the page's language, else the server's own sentence; both name the field, the value and the bound. */
export function errorText(text: Text, error: ErrorBody): string {
  return sentence(text, error) ?? (error.message || (text.errors.messages[error.code] ?? text.errors.unknown));
}

export function noticeText(text: Text, notice: Notice): string {
  return sentence(text, notice) ?? notice.message;
}
