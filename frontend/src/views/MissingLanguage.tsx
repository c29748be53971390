import type { ReactElement } from "react";

import { errorBody } from "../api/errors";
import { switchLanguage, useMissingLanguage, useText } from "../text";
import { LANGUAGE_NAMES } from "../text/language";
import classes from "./App.module.css";
import { ErrorNote } from "./ErrorNote";

/** Says that the language wanted is not to be had. */
export function MissingLanguage(): ReactElement | null {
  const text = useText();
  const language = useMissingLanguage();
  if (language === null) return null;
  return (
    <section className={classes.missing} aria-label={text.language}>
      <ErrorNote
        error={errorBody("language_missing", text.languageMissing(LANGUAGE_NAMES[language]))}
        onRetry={() => void switchLanguage(language).catch(() => undefined)}
      />
    </section>
  );
}
