import type { ErrorBody } from "../api/types";
import { en, type Text } from "./en";

export type { Text };

/** The words of the language in use. */
export function useText(): Text {
  return en;
}

/** The server's own sentence where it sent one, which names the field, the value and the bound. */
export function errorText(text: Text, error: ErrorBody): string {
  return error.message || (text.errors.messages[error.code] ?? text.errors.unknown);
}
