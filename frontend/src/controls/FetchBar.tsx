import { Button, Progress } from "@mantine/core";
import type { ReactElement } from "react";

import { refused } from "../state/launches";
import { fetching, useFetching } from "../state/services";
import { TESTID } from "../testids";
import { useText } from "../text";
import { ErrorNote } from "../views/ErrorNote";
import { useFreshness } from "../views/freshness";
import { useFetchAction } from "../views/actions";
import { useWorkspace } from "../views/workspace";
import classes from "./FetchBar.module.css";

/** Fetch, what it will take, how far it is, and Cancel. */
export function FetchBar(): ReactElement {
  const text = useText();
  const { activity, forecast, requests } = useWorkspace();
  const { launches, cancelError } = useFetching();
  const act = useFetchAction();
  const freshness = useFreshness();
  const busy = activity.active.length > 0;
  const failed = refused(launches);
  const error = forecast.error ?? failed[0]?.error ?? null;

  return (
    <div className={classes.bar}>
      {error && (
        <ErrorNote
          error={error}
          onRetry={
            forecast.error
              ? forecast.retry
              : () =>
                  void fetching.launch(
                    failed.map((l) => l.request),
                    "fetch",
                  )
          }
        />
      )}
      {cancelError && <ErrorNote title={text.fetch.cancelFailed} error={cancelError} onRetry={act.cancel} />}
      {busy && <Running />}
      <div className={classes.buttons}>
        <Button
          fullWidth
          size="md"
          data-testid={TESTID.fetch}
          color={freshness === "changed" ? "violet.7" : "ink"}
          disabled={requests.length === 0 || (busy && freshness !== "changed")}
          onClick={act.fetch}
          rightSection={!busy && <kbd className={classes.kbd}>{text.fetch.enter}</kbd>}
        >
          {text.fetch.button}
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
      {!busy && <Outlook changed={freshness === "changed"} fresh={freshness === "fresh"} />}
      {busy && freshness === "changed" && <p className={classes.changed}>{text.fetch.changed}</p>}
    </div>
  );
}

function Running(): ReactElement {
  const text = useText();
  const { activity } = useWorkspace();
  const { done, total, samplesDone, samplesTotal, etaSeconds, active } = activity;
  const started = active.some(({ job }) => job !== null);
  const percent = total > 0 ? (100 * done) / total : 0;
  return (
    <div className={classes.running} data-testid={TESTID.progress}>
      <div className={classes.line} role="status">
        <span>{started ? text.fetch.running(samplesDone, samplesTotal) : text.fetch.sending}</span>
        {etaSeconds !== null && <span>{text.fetch.remaining(text.fetch.about(etaSeconds))}</span>}
      </div>
      <Progress value={percent} size="sm" color="violet.5" aria-label={text.fetch.progress} transitionDuration={150} />
    </div>
  );
}

/** What a press would take, or that settings have changed since. */
function Outlook({ changed, fresh }: { changed: boolean; fresh: boolean }): ReactElement | null {
  const text = useText();
  const { forecast } = useWorkspace();
  if (fresh) return <p className={classes.outlook}>{text.fetch.upToDate}</p>;
  const parts = [
    ...(forecast.stored > 0 ? [text.fetch.stored(forecast.stored, forecast.total)] : []),
    ...(forecast.etaSeconds !== null && forecast.stored < forecast.total
      ? [text.fetch.about(forecast.etaSeconds)]
      : []),
  ];
  return (
    <p className={classes.outlook} data-testid={TESTID.estimate} aria-live="polite">
      {changed && <strong className={classes.changed}>{text.fetch.changed}</strong>}
      {changed && parts.length > 0 && " · "}
      {parts.join(" · ")}
    </p>
  );
}
