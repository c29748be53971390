import { Button, Progress } from "@mantine/core";
import type { ReactElement } from "react";

import { errorBody } from "../api/errors";
import type { Freshness } from "../state/freshness";
import { cutShort, refused, stampOf } from "../state/launches";
import { fetching, useFetching } from "../state/services";
import { TESTID } from "../testids";
import { useText, type Text } from "../text";
import { describePlace } from "../text/describe";
import { ErrorNote } from "../views/ErrorNote";
import { useCountdown } from "../views/countdown";
import { useFreshness } from "../views/freshness";
import { useFetchAction } from "../views/actions";
import { isRefused, useForecast, useProgress, useShown, useSubject, type Workspace } from "../views/workspace";
import classes from "./FetchBar.module.css";

/** Fetch, what it will take, how far it is, and Cancel. */
export function FetchBar(): ReactElement {
  const text = useText();
  const { activity } = useProgress();
  const { requests } = useShown();
  const act = useFetchAction();
  const freshness = useFreshness();
  const busy = activity.active.length > 0;
  const outdated = freshness === "changed" || freshness === "reloaded";
  const countdown = useCountdown(activity.held?.until ?? null);

  return (
    <div className={classes.bar}>
      <Refusals />
      {busy && !activity.held && <Running />}
      <div className={classes.buttons}>
        <Button
          fullWidth
          size="md"
          data-testid={TESTID.fetch}
          color={outdated ? "violet.7" : "ink"}
          disabled={requests.length === 0 || (busy && !outdated)}
          onClick={act.fetch}
          rightSection={!busy && <kbd className={classes.kbd}>{text.fetch.enter}</kbd>}
        >
          {countdown === null ? text.fetch.button : text.fetch.heldFor(countdown)}
        </Button>
        {busy && (
          <Button
            size="md"
            variant="default"
            className={classes.cancel}
            data-testid={TESTID.cancel}
            onClick={act.cancel}
          >
            {text.fetch.cancel}
          </Button>
        )}
      </div>
      {!busy && <Outlook freshness={freshness} />}
      {busy && outdated && <p className={classes.changed}>{outdatedWords(text, freshness)}</p>}
    </div>
  );
}

/** Why there is no map, or not yet, and what to do about it. */
export function Refusals(): ReactElement {
  const text = useText();
  const { explorer, description, columns } = useSubject();
  const { samples } = useShown();
  const { activity, cells } = useProgress();
  const forecast = useForecast();
  const { launches, cancelError } = useFetching();
  const act = useFetchAction();
  const failed = refused(launches, explorer.id);
  const owed =
    activity.active.length > 0 ? [] : cutShort(cells).filter(({ column }) => columns.some(({ id }) => id === column));
  const launch = (requests: Workspace["requests"]): void =>
    void fetching.launch(requests, "fetch", stampOf(description, samples.items));
  return (
    <>
      {forecast.error ? (
        <ErrorNote error={forecast.error} onRetry={forecast.retry} />
      ) : (
        failed[0]?.error && <ErrorNote error={failed[0].error} onRetry={() => launch(failed)} />
      )}
      {activity.held && <ErrorNote error={activity.held.error} />}
      {owed.length > 0 && (
        <ErrorNote
          error={errorBody("interrupted", text.errors.messages.interrupted ?? "")}
          action={text.fetch.again}
          onRetry={() => launch(owed)}
        />
      )}
      {cancelError && <ErrorNote title={text.fetch.cancelFailed} error={cancelError} onRetry={act.cancel} />}
    </>
  );
}

function Running(): ReactElement {
  const text = useText();
  const { activity } = useProgress();
  const { done, total, samplesDone, samplesTotal, etaSeconds, place, active } = activity;
  const started = active.some(({ job }) => job !== null);
  const percent = total > 0 ? (100 * done) / total : 0;
  const words = place
    ? text.fetch.inQueue(describePlace(text, place))
    : started
      ? text.fetch.running(samplesDone, samplesTotal)
      : text.fetch.sending;
  return (
    <div className={classes.running} data-testid={TESTID.progress}>
      <div className={classes.line} role="status">
        <span>{words}</span>
        {etaSeconds !== null && !place && <span>{text.fetch.remaining(text.fetch.about(etaSeconds))}</span>}
      </div>
      <Progress value={percent} size="sm" color="violet.5" aria-label={text.fetch.progress} transitionDuration={150} />
    </div>
  );
}

/** What a press would take, or that the maps are of earlier settings or an earlier model. */
function Outlook({ freshness }: { freshness: Freshness }): ReactElement | null {
  const text = useText();
  const forecast = useForecast();
  if (freshness === "fresh") return <p className={classes.outlook}>{text.fetch.upToDate}</p>;
  const outdated = isRefused(forecast) ? text.fetch.mendFirst : outdatedWords(text, freshness);
  const parts = [
    ...(forecast.stored > 0 ? [text.fetch.stored(forecast.stored, forecast.total)] : []),
    ...(forecast.etaSeconds !== null && forecast.stored < forecast.total
      ? [text.fetch.about(forecast.etaSeconds)]
      : []),
  ];
  return (
    <p className={classes.outlook} data-testid={TESTID.estimate} aria-live="polite">
      {outdated !== null && <strong className={classes.changed}>{outdated}</strong>}
      {outdated !== null && parts.length > 0 && " · "}
      {parts.join(" · ")}
    </p>
  );
}

function outdatedWords(text: Text, freshness: Freshness): string | null {
  return freshness === "changed" || freshness === "reloaded" ? text.fetch[freshness] : null;
}
