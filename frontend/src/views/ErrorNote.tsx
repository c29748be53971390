import { Button } from "@mantine/core";
import type { ReactElement } from "react";

import type { ErrorBody } from "../api/types";
import { Warning } from "../controls/icons";
import { TESTID } from "../testids";
import { errorText, useText } from "../text";
import classes from "./ErrorNote.module.css";

interface ErrorNoteProps {
  error: ErrorBody;
  /** What was being done. */
  title?: string;
  onRetry?: () => void;
  /** What trying again is called here. */
  action?: string;
  compact?: boolean;
}

/** A failure where it arose, with what to do about it. */
export function ErrorNote({ error, title, onRetry, action, compact = false }: ErrorNoteProps): ReactElement {
  const text = useText();
  return (
    <div className={classes.note} data-compact={compact} data-testid={TESTID.error} role="alert">
      <Warning className={classes.icon} />
      <div className={classes.words}>
        {title !== undefined && <strong>{title}</strong>}
        <span>{errorText(text, error)}</span>
        {error.job && <span>{text.errors.job(error.job)}</span>}
        {error.detail && (
          <details>
            <summary>{text.details}</summary>
            <pre tabIndex={0}>{error.detail}</pre>
          </details>
        )}
        {onRetry && (
          <Button size="compact-xs" variant="default" className={classes.retry} onClick={onRetry}>
            {action ?? text.retry}
          </Button>
        )}
      </div>
    </div>
  );
}
