import { Loader } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

import { toErrorBody } from "../../api/errors";
import { useResult, type Result } from "../../api/queries";
import type { ModelDescription, Sample } from "../../api/types";
import { Target } from "../../controls/icons";
import { rendererOf } from "../../features";
import type { Cell } from "../../state/launches";
import type { Display } from "../../state/page";
import { unavailable } from "../../state/settings";
import { signOf } from "../../state/sign";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { retry } from "../actions";
import { useInvitation } from "../invitation";
import { sharedKey, type SharedLimits } from "../shared";
import { useSubject } from "../workspace";
import { CaptionLines } from "./CaptionLines";
import { Predictions } from "./Predictions";
import classes from "./SampleCard.module.css";

interface MapCellProps {
  sample: Sample;
  model: ModelDescription;
  cell: Cell;
  display: Display;
  sharedLimits: SharedLimits;
  /** Whether the map shown was made with the present settings. */
  current: boolean;
  /** The first cell of the page spells out what Fetch would do. */
  first: boolean;
  titled: boolean;
  /** Stands before the maps: the original, where there is one model only. */
  before?: ReactNode;
}

/** One model's view of one sample: its maps, what it predicts, what the maps say. */
export function MapCell(props: MapCellProps): ReactElement {
  const { sample, model, cell, display, titled, before } = props;
  const { explorer } = useSubject();
  const result = useResult(cell.shown?.item.key ?? null);
  const explained = cell.shown ? cell.shown.item.target : null;
  const showsMaps = display.panels.some((panel) => panel !== "original");

  return (
    <div className={classes.cell} data-testid={TESTID.cell} data-model={model.name}>
      {titled && <h3 className={classes.model}>{model.name}</h3>}
      <div className={classes.panels}>
        {before}
        {showsMaps && (
          <div className={classes.maps} data-testid={TESTID.mapPlace} data-pending={cell.pending !== null}>
            {result.data ? (
              <Maps {...props} result={result.data} explorer={explorer.id} />
            ) : (
              <Place {...props} {...result} />
            )}
            {result.data && cell.pending && <Badge state={cell.pending} />}
          </div>
        )}
      </div>
      {result.data && cell.failure && <Failure {...props} />}
      <div className={classes.details}>
        <Predictions sample={sample} model={model} explained={explained} />
        {result.data && <CaptionLines info={result.data.info} current={props.current} shared={display.shared} />}
      </div>
    </div>
  );
}

function Maps({
  sample,
  display,
  result,
  explorer,
  sharedLimits,
}: MapCellProps & { result: Result; explorer: string }): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const { info } = result;
  const method = description.methods.find(({ id }) => id === info.method);
  const sign = signOf(display.sign, method, info.smoothing);
  const sharedLimit = display.shared ? (sharedLimits.get(sharedKey(info)) ?? null) : null;
  return (
    <>
      {sample.features.map((feature) => {
        const { Maps: Drawn } = rendererOf(feature);
        return (
          <Drawn
            key={feature.name}
            explorer={explorer}
            sample={sample.index}
            feature={feature}
            display={display}
            result={result}
            sign={sign}
            sharedLimit={sharedLimit}
            name={text.map.name(method?.name ?? info.method, info.target_name)}
          />
        );
      })}
    </>
  );
}

interface PlaceProps extends MapCellProps {
  error: unknown;
  refetch: () => unknown;
}

/** The map's place while there is none. */
function Place(props: PlaceProps): ReactElement {
  const { sample, cell, model, first, error, refetch } = props;
  const text = useText();
  const { settings } = useSubject();
  const invitation = useInvitation();
  const reason = unavailable(settings.method, model.name);
  const [feature] = sample.features;
  const style = feature && { aspectRatio: feature.width / feature.height };
  if (error)
    return <ErrorNote compact title={text.map.failed} error={toErrorBody(error)} onRetry={() => void refetch()} />;
  if (cell.pending || cell.shown)
    return (
      <div className={classes.place} data-state="pending" style={style}>
        <Loader size="sm" color="gray" aria-hidden="true" />
        <span>{cell.pending ? text.fetch.waiting[cell.pending] : text.map.loading}</span>
      </div>
    );
  if (cell.failure) return <Failure {...props} />;
  if (reason !== null)
    return (
      <div className={classes.place} data-state="unavailable" style={style}>
        <strong>{text.fetch.unavailable(settings.method.name, model.name)}</strong>
        <span>{reason}</span>
      </div>
    );
  return (
    <div className={classes.place} data-state="empty" style={style}>
      <Target className={classes.placeIcon} />
      {first ? (
        <span>
          <span className={classes.invitation}>{invitation[0]}</span>
          <span className="visually-hidden"> · </span>
          {invitation.slice(1).join(" · ")}
        </span>
      ) : (
        <span>{text.fetch.short}</span>
      )}
    </div>
  );
}

function Failure({ cell, sample }: MapCellProps): ReactElement | null {
  const { failure } = cell;
  if (!failure) return null;
  return <ErrorNote compact error={failure.error} onRetry={() => retry(failure.request, sample.index)} />;
}

function Badge({ state }: { state: NonNullable<Cell["pending"]> }): ReactElement {
  const text = useText();
  return (
    <span className={classes.badge}>
      <Loader size={10} color="gray" aria-hidden="true" />
      {text.fetch.waiting[state]}
    </span>
  );
}
