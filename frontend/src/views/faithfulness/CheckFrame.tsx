import { Button, Loader, Progress } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

import { TESTID } from "../../testids";
import { useText, type Text } from "../../text";
import { useCountdown } from "../countdown";
import { ErrorNote } from "../ErrorNote";
import classes from "./Faithfulness.module.css";
import type { Check } from "./useCheck";

interface CheckFrameProps {
  id: string;
  title: string;
  about: ReactNode;
  check: Check;
  /** What is chosen before it is run. */
  options?: ReactNode;
  children: ReactNode;
}

/** A check: what it means, what it costs, how far it is, and its result. */
export function CheckFrame({ id, title, about, check, options, children }: CheckFrameProps): ReactElement {
  const text = useText();
  const { state, result, loading, unread, refusal } = check;
  const underway = ["sending", "held", "queued", "running"].includes(state.phase);
  return (
    <section className={classes.check} aria-label={title} data-testid={TESTID.check} data-check={id}>
      <h3 className={classes.checkTitle}>{title}</h3>
      <div className={classes.about}>{about}</div>
      {options}
      {underway ? (
        <Underway title={title} check={check} />
      ) : state.error ? (
        <ErrorNote compact title={text.faithfulness.failed} error={state.error} onRetry={check.run} />
      ) : unread ? (
        <ErrorNote compact title={text.faithfulness.failed} error={unread} onRetry={check.read} />
      ) : refusal && !result ? (
        <ErrorNote compact title={text.faithfulness.refused} error={refusal} />
      ) : result ? null : loading || state.phase === "done" ? (
        <p className={classes.quiet}>
          <Loader size="xs" color="gray" aria-hidden="true" /> {text.faithfulness.loading}
        </p>
      ) : (
        <div className={classes.actions}>
          <Button size="compact-sm" onClick={check.run}>
            {text.faithfulness.run}
          </Button>
          <span className={classes.cost}>{costWords(text, check)}</span>
        </div>
      )}
      {result && !underway && !state.error && children}
    </section>
  );
}

/** "about 4 s · 585 evaluations" */
function costWords(text: Text, { estimate }: Check): string {
  if (!estimate) return "";
  const { forward } = estimate.cost;
  const time = estimate.eta_seconds === null ? [] : [text.fetch.about(estimate.eta_seconds)];
  return [...time, text.faithfulness.cost(forward.toLocaleString("en"))].join(" · ");
}

function Underway({ title, check }: { title: string; check: Check }): ReactElement {
  const text = useText();
  const { phase, share, etaSeconds, hold } = check.state;
  const again = useCountdown(hold?.until ?? null);
  const words =
    phase === "held"
      ? text.fetch.heldFor(again ?? 0)
      : phase === "running"
        ? text.faithfulness.running
        : text.faithfulness.waiting;
  return (
    <div className={classes.underway}>
      <div className={classes.actions}>
        <span role="status">
          {words}
          {phase === "running" && etaSeconds !== null && ` ${text.fetch.remaining(text.fetch.about(etaSeconds))}`}
        </span>
        <Button size="compact-sm" variant="default" onClick={check.cancel}>
          {text.faithfulness.cancel}
        </Button>
      </div>
      <Progress value={100 * share} size="sm" color="violet.5" aria-label={text.faithfulness.progress(title)} />
    </div>
  );
}
