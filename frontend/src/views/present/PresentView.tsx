import { ActionIcon, Button, Loader } from "@mantine/core";
import { useEffect, useRef, useState, type CSSProperties, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { useResult } from "../../api/queries";
import type { Sample } from "../../api/types";
import { Refusals } from "../../controls/FetchBar";
import { Expand } from "../../controls/icons";
import { aspectOf, rendererOf } from "../../features";
import { verdict } from "../../state/labels";
import { isForeign } from "../../state/launches";
import type { Display, PanelId } from "../../state/page";
import { useDisplay } from "../../state/services";
import { unavailable } from "../../state/settings";
import { signOf } from "../../state/sign";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { describeMethod, formatScore } from "../../text/describe";
import { describeColours } from "../../text/describeMap";
import { useFetchAction } from "../actions";
import { useColumnsOf, type Column } from "../columns";
import { ErrorNote } from "../ErrorNote";
import { useInvitation } from "../invitation";
import { LookedHead, NotThere } from "../Looked";
import { look, lookAtAll, useLookedAt } from "../looking";
import { nameOf } from "../own/SampleName";
import { Maps, Failure, PartialBadge, useEstimate } from "../samples/MapCell";
import { sharedKey, useSharedLimits, type SharedLimits } from "../shared";
import { useSubject, useForecast, useProgress, versionOf } from "../workspace";
import classes from "./PresentView.module.css";

/** One sample for the last row of the room: no form, one map, one sentence. */
export default function PresentView(): ReactElement {
  const text = useText();
  const looked = useLookedAt();
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    window.scrollTo({ top: 0 });
    ref.current?.focus({ preventScroll: true });
  }, []);
  const { sample } = looked;
  return (
    <section
      ref={ref}
      tabIndex={-1}
      className={classes.view}
      aria-label={text.present.region}
      data-testid={TESTID.present}
    >
      <LookedHead sample={sample} labelled={false} leave={{ label: text.detail.back, go: lookAtAll }}>
        <Button size="xs" variant="default" onClick={() => look("detail", sample?.index ?? null)}>
          {text.present.closely}
        </Button>
        <FullScreen />
      </LookedHead>
      <Problems />
      {sample ? <Columns sample={sample} /> : <NotThere looked={looked} />}
    </section>
  );
}

/** Why a Fetch was refused, or would be; the form that says so is not here. */
function Problems(): ReactElement {
  const forecast = useForecast();
  return (
    <div className={classes.problems}>
      <Refusals />
      {Object.entries(forecast.errors).map(([field, error]) => (
        <ErrorNote key={field} error={error} />
      ))}
    </div>
  );
}

/** Where the browser allows it. */
function FullScreen(): ReactElement | null {
  const text = useText();
  const [full, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const onChange = (): void => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", onChange);
    return () => document.removeEventListener("fullscreenchange", onChange);
  }, []);
  // Leaving the view leaves the full screen, too.
  useEffect(
    () => () => {
      if (document.fullscreenElement) void document.exitFullscreen();
    },
    [],
  );
  if (!document.fullscreenEnabled) return null;
  const label = full ? text.present.leaveFullScreen : text.present.fullScreen;
  const toggle = (): void => {
    const main = document.querySelector("main");
    // A refusal leaves the page as it is, which is all there is to say about it.
    void (full ? document.exitFullscreen() : main?.requestFullscreen())?.catch(() => undefined);
  };
  return (
    <ActionIcon variant="default" size="md" aria-label={label} title={label} onClick={toggle}>
      <Expand />
    </ActionIcon>
  );
}

function Columns({ sample }: { sample: Sample }): ReactElement {
  const columns = useColumnsOf()(sample);
  const display = useDisplay();
  const sharedLimits = useSharedLimits();
  const panel = display.panels.find((id): id is Exclude<PanelId, "original"> => id !== "original") ?? "overlay";
  const hasOriginal = display.panels.includes("original");
  const [feature] = sample.features;
  const style = {
    "--tiles": columns.length + (hasOriginal ? 1 : 0),
    "--ratio": feature ? aspectOf(feature) : 1,
  } as CSSProperties;
  return (
    <div className={classes.stage} style={style}>
      {hasOriginal && <OriginalColumn sample={sample} display={display} />}
      {columns.map((column) => (
        <Presented
          key={column.settings.id}
          sample={sample}
          column={column}
          display={display}
          panel={panel}
          sharedLimits={sharedLimits}
          titled={columns.length > 1}
        />
      ))}
    </div>
  );
}

function OriginalColumn({ sample, display }: { sample: Sample; display: Display }): ReactElement {
  const text = useText();
  const { explorer, description } = useSubject();
  return (
    <div className={classes.column} data-original="true">
      {sample.features.map((feature) => {
        const { Original } = rendererOf(feature);
        return (
          <Original
            key={feature.name}
            explorer={explorer.id}
            sample={sample.index}
            version={versionOf(description, sample)}
            feature={feature}
            display={display}
            name={nameOf(text, sample, description)}
          />
        );
      })}
      {sample.label && (
        <p className={classes.prediction}>
          <strong>{sample.label.name}</strong>
          <span className={classes.tag}>{text.sample.label}</span>
        </p>
      )}
    </div>
  );
}

interface PresentedProps {
  sample: Sample;
  column: Column;
  display: Display;
  panel: Exclude<PanelId, "original">;
  sharedLimits: SharedLimits;
  titled: boolean;
}

function Presented(props: PresentedProps): ReactElement {
  const { sample, column, display, panel, sharedLimits, titled } = props;
  const { title, cell, current } = column;
  const text = useText();
  const { description } = useSubject();
  const result = useResult(cell.shown?.item.key ?? null);
  const estimate = useEstimate(cell, sample, result.data !== undefined);
  const foreign = cell.shown !== null && isForeign(cell.shown.stamp, sample);
  const finished = estimate || foreign ? undefined : result.data;
  const making = estimate?.making ?? finished?.info ?? null;
  const drawn = estimate?.map ?? finished ?? null;
  const method = description.methods.find(({ id }) => id === making?.method);
  const sign = signOf(display.sign, method, making?.smoothing ?? null);
  const sharedLimit = finished && display.shared ? (sharedLimits.get(sharedKey(finished.info)) ?? null) : null;
  const shown: Display = { ...display, panels: [panel] };
  return (
    <div className={classes.column}>
      {drawn && making ? (
        <div className={classes.maps}>
          <Maps sample={sample} display={shown} drawn={drawn} making={making} sharedLimit={sharedLimit} />
          {estimate && <PartialBadge share={estimate.map.share} cancelled={cell.partial?.cancelled === true} />}
        </div>
      ) : (
        <Waiting {...props} {...{ foreign, error: result.error }} onRetry={() => void result.refetch()} />
      )}
      <div className={classes.words}>
        {titled && <p className={classes.model}>{title}</p>}
        <Prediction {...props} />
        {drawn && making && (
          <>
            {sample.features.map((feature) => {
              const map = drawn.maps[feature.name];
              return (
                map &&
                !map.units && (
                  <p key={feature.name} className={classes.sentence} data-testid={TESTID.sentence}>
                    {describeColours(text, making, description, {
                      panel,
                      scale: display.scale,
                      sign,
                      map,
                      place: rendererOf(feature).place,
                    })}
                  </p>
                )
              );
            })}
            <p className={classes.how}>
              {!current && finished && <span className={classes.earlier}>{text.map.earlier}</span>}
              {method
                ? describeMethod(
                    text,
                    method,
                    making.arguments as Parameters<typeof describeMethod>[2],
                    making.smoothing,
                  )
                : making.method}
            </p>
          </>
        )}
      </div>
    </div>
  );
}

interface WaitingProps extends PresentedProps {
  /** Whether the map that there is was made of another input. */
  foreign: boolean;
  /** Why the map could not be loaded. */
  error: unknown;
  onRetry: () => void;
}

/** The map's place until there is one. */
function Waiting({ sample, column, foreign, error, onRetry }: WaitingProps): ReactElement {
  const text = useText();
  const { cell, settings } = column;
  const { activity } = useProgress();
  const { fetch } = useFetchAction();
  const reason = unavailable(settings.method, settings.model.name);
  const [, ...details] = useInvitation();
  const [feature] = sample.features;
  if (error !== null) return <ErrorNote title={text.map.failed} error={toErrorBody(error)} onRetry={onRetry} />;
  if (cell.failure && !cell.failure.interrupted) return <Failure sample={sample} column={column} />;
  const style = feature && { aspectRatio: aspectOf(feature) };
  if (cell.pending !== null || (cell.shown !== null && !foreign)) {
    const words = cell.pending ? text.fetch.waiting[cell.pending] : text.map.loading;
    const left = activity.etaSeconds === null ? [] : [text.fetch.remaining(text.fetch.about(activity.etaSeconds))];
    return (
      <div className={classes.waiting} style={style} role="status">
        <Loader size="md" color="gray" aria-hidden="true" />
        <span>{[words, ...left].join(" · ")}</span>
      </div>
    );
  }
  if (reason !== null)
    return (
      <div className={classes.waiting} style={style}>
        <strong>{text.fetch.unavailable(settings.method.name, settings.model.name)}</strong>
        <span>{reason}</span>
      </div>
    );
  return (
    <div className={classes.waiting} style={style}>
      <Button variant="default" onClick={fetch}>
        {text.present.fetch}
      </Button>
      <span>{foreign ? text.map.otherInput : details.join(" · ")}</span>
    </div>
  );
}

/** What the model says, large. */
function Prediction({
  sample,
  column: {
    settings: { model },
  },
}: PresentedProps): ReactElement | null {
  const text = useText();
  const { description } = useSubject();
  const [top] = sample.predictions[model.name] ?? [];
  if (!top)
    return (
      <p className={classes.how}>{sample.errors[model.name] ? text.sample.notPredicted : text.sample.predicting}</p>
    );
  const wrong = verdict(sample, model, description) === false;
  return (
    <p className={classes.prediction} data-testid={TESTID.prediction}>
      <strong>{model.outputs === 1 ? formatScore(top.score, description.score_name) : top.name}</strong>
      {model.outputs !== 1 && <span>{formatScore(top.score, description.score_name)}</span>}
      {wrong && <span className={classes.mistake}>{text.sample.mistake}</span>}
    </p>
  );
}
