import type { ReactElement, ReactNode } from "react";

import { ApiError, toErrorBody } from "../../api/errors";
import { useResult } from "../../api/queries";
import type { ResultInfo, Sample } from "../../api/types";
import { Target } from "../../controls/icons";
import { aspectOf, rendererOf, type Drawable } from "../../features";
import { Contributions } from "../../features/Contributions";
import { isAllZero } from "../../heatmap";
import { isBefore, isForeign, stampOf, type Cell } from "../../state/launches";
import type { Display } from "../../state/page";
import type { PartialMap } from "../../state/partials";
import { usePartial } from "../../state/services";
import { unavailable } from "../../state/settings";
import { signOf } from "../../state/sign";
import { functionOf, partsOf } from "../../state/target";
import { TESTID } from "../../testids";
import { useText, type Text } from "../../text";
import { describePlace, targetName, type Making } from "../../text/describe";
import { ErrorNote } from "../ErrorNote";
import { retry } from "../actions";
import type { Column } from "../columns";
import { MapOfClasses } from "../classmap/MapOfClasses";
import { FaithfulnessButton } from "../faithfulness/FaithfulnessButton";
import { CellAgreement } from "../grid/AgreementWords";
import { CursorSurface, CursorValue } from "../grid/Cursor";
import { useInvitation } from "../invitation";
import { CellMenu } from "../share/CellMenu";
import { sharedKey, type SharedLimits } from "../shared";
import { Spinner } from "../Spinner";
import { useSubject, versionOf } from "../workspace";
import { CaptionLines, PartialCaption } from "./CaptionLines";
import { Predictions } from "./Predictions";
import classes from "./SampleCard.module.css";

interface MapCellProps {
  sample: Sample;
  column: Column;
  display: Display;
  sharedLimits: SharedLimits;
  /** The first cell of the page spells out what Fetch would do. */
  first: boolean;
  /** The column that others are measured against, where there are several. */
  reference: Column | null;
  /** Whether it is this row's first that has a surface for the cursor. */
  leads: boolean;
  /** One of several: what they have in common stands beside them. */
  titled: boolean;
  /** Stands before the maps: the original, where there is one column only. */
  before?: ReactNode;
}

/** One column's view of one sample: its maps, what is predicted, what the maps say. */
export function MapCell(props: MapCellProps): ReactElement {
  const { sample, column, display, titled, before } = props;
  const { settings, cell } = column;
  const { description } = useSubject();
  const result = useResult(cell.shown?.item.key ?? null);
  const estimate = useEstimate(cell, sample, result.data !== undefined);
  const foreign = cell.shown !== null && isForeign(cell.shown.stamp, sample);
  const finished = estimate || foreign ? undefined : result.data;
  const made = estimate ? cell.partial : cell.shown;
  // With the keyboard one place of each row is reached, the original where it is shown.
  const cursor = { title: column.title, first: props.leads };
  const showsMaps = display.panels.some((panel) => panel !== "original");

  return (
    <>
      {titled && <h3 className={classes.column}>{column.title}</h3>}
      <div
        className={classes.cell}
        data-testid={TESTID.cell}
        data-column={settings.id}
        data-model={settings.model.name}
      >
        <div className={classes.panels}>
          {before}
          <MapOfClasses sample={sample} settings={settings} />
          {showsMaps && (
            <div className={classes.maps} data-testid={TESTID.mapPlace} data-pending={cell.pending !== null}>
              {estimate ? (
                <Maps {...props} cursor={cursor} drawn={estimate.map} making={estimate.making} sharedLimit={null} />
              ) : finished ? (
                <FinishedMaps {...props} cursor={cursor} info={finished.info} drawn={finished} />
              ) : (
                <Place {...props} {...result} foreign={foreign} />
              )}
              {estimate ? (
                <PartialBadge share={estimate.map.share} cancelled={cell.partial?.cancelled === true} />
              ) : (
                finished && cell.pending && <Badge cell={cell} />
              )}
            </div>
          )}
          {finished && (
            <CellMenu
              sample={sample}
              model={settings.model.name}
              result={finished}
              sharedLimit={display.shared ? (props.sharedLimits.get(sharedKey(finished.info)) ?? null) : null}
            />
          )}
        </div>
        {(estimate ?? finished) && cell.failure && <Failure {...props} />}
        <div className={classes.details}>
          {!titled && (
            <Predictions
              sample={sample}
              model={settings.model}
              columns={[settings.id]}
              explained={made?.item.target ?? null}
              against={made?.item.against ?? null}
            />
          )}
          {estimate && <PartialCaption making={estimate.making} share={estimate.map.share} />}
          {finished && (
            <CaptionLines
              info={finished.info}
              before={isBefore(cell.shown?.stamp ?? null, description)}
              current={column.current}
              shared={display.shared}
            />
          )}
          {finished && props.reference && <CellAgreement sample={sample} column={column} reference={props.reference} />}
          {finished && cell.shown && <FaithfulnessButton sample={sample} made={cell.shown} />}
        </div>
      </div>
    </>
  );
}

export interface Estimate {
  readonly map: PartialMap;
  readonly making: Making;
}

/** What is drawn in the map's place until the map itself is there, or after it was cancelled. */
export function useEstimate({ pending, partial }: Cell, sample: Sample, finished: boolean): Estimate | null {
  const map = usePartial(partial);
  if (!map || !partial || isForeign(partial.stamp, sample)) return null;
  if (pending === null && !partial.cancelled && finished) return null;
  // Nothing yet: the words for such a map are about finished ones.
  if (Object.values(map.maps).every((drawn) => isAllZero(drawn) || drawn.nonFinite > 0)) return null;
  const { request, item } = partial;
  const making: Making = {
    model: request.model,
    method: request.method,
    arguments: request.arguments ?? {},
    smoothing: request.smoothing ?? null,
    layer: request.layer ?? null,
    baseline: request.baseline ?? null,
    quantity: request.quantity,
    target: item.target,
    target_name: item.target_name,
    against: item.against ?? null,
    against_name: item.against_name ?? null,
    region: partsOf(request.target)?.region ?? null,
    function: functionOf(request.target),
  };
  return { map, making };
}

function FinishedMaps({
  info,
  ...props
}: MapCellProps & Pick<DrawnProps, "cursor"> & { info: ResultInfo; drawn: Drawable }): ReactElement {
  const { display, sharedLimits } = props;
  const sharedLimit = display.shared ? (sharedLimits.get(sharedKey(info)) ?? null) : null;
  return <Maps {...props} making={info} sharedLimit={sharedLimit} />;
}

interface DrawnProps extends Pick<MapCellProps, "sample" | "display"> {
  /** The cursor that reads out values, where there is one. */
  cursor?: { readonly title: string; readonly first: boolean };
  drawn: Drawable;
  making: Pick<Making, "method" | "smoothing" | "target" | "target_name" | "against" | "against_name">;
  sharedLimit: number | null;
}

/** The panels of one map, by the renderer of each feature. */
export function Maps({ sample, display, drawn, making, sharedLimit, cursor }: DrawnProps): ReactElement {
  const text = useText();
  const { explorer, description } = useSubject();
  const method = description.methods.find(({ id }) => id === making.method);
  const sign = signOf(display.sign, method, making.smoothing);
  return (
    <>
      {sample.features.map((feature) => {
        const { Maps: Drawn } = rendererOf(feature);
        const map = drawn.maps[feature.name];
        const name = text.map.name(method?.name ?? making.method, targetName(text, making));
        return (
          <Drawn
            key={feature.name}
            explorer={explorer.id}
            sample={sample.index}
            version={versionOf(description, sample)}
            feature={feature}
            display={display}
            result={drawn}
            sign={sign}
            sharedLimit={sharedLimit}
            name={name}
            over={cursor && <CursorSurface feature={feature} name={name} focusable={cursor.first} />}
            corner={cursor && map && <CursorValue feature={feature} map={map} title={cursor.title} />}
          />
        );
      })}
      {sample.features.length > 1 && <Contributions features={sample.features} result={drawn} display={display} />}
    </>
  );
}

interface PlaceProps {
  sample: Sample;
  column: Column;
  first: boolean;
  error: unknown;
  refetch: () => unknown;
  /** Whether the map that there is was made of another input. */
  foreign: boolean;
}

/** The map's place while there is none. */
export function Place({ sample, column, first, error, refetch, foreign }: PlaceProps): ReactElement {
  const { settings, cell } = column;
  const text = useText();
  const { description } = useSubject();
  const invitation = useInvitation();
  const reason = unavailable(settings.method, settings.model.name);
  const [feature] = sample.features;
  const style = feature && { aspectRatio: aspectOf(feature) };
  if (error) {
    const lost = error instanceof ApiError && error.status === 404 ? cell.shown : null;
    const again = (): void =>
      lost
        ? retry({ column: settings.id, request: lost.request }, sample.index, stampOf(description, [sample]))
        : void refetch();
    return <ErrorNote compact title={text.map.failed} error={toErrorBody(error)} onRetry={again} />;
  }
  if (cell.pending || (cell.shown && !foreign))
    return (
      <div className={classes.place} data-state="pending" style={style}>
        <Spinner size="sm" color="gray" />
        <span>{pendingWords(text, cell) ?? text.map.loading}</span>
      </div>
    );
  if (cell.failure?.interrupted)
    return (
      <div className={classes.place} data-state="interrupted" style={style}>
        <span>{text.map.cutShort}</span>
      </div>
    );
  if (cell.failure) return <Failure sample={sample} column={column} />;
  if (foreign)
    return (
      <div className={classes.place} data-state="foreign" style={style}>
        <span>{text.map.otherInput}</span>
      </div>
    );
  if (reason !== null)
    return (
      <div className={classes.place} data-state="unavailable" style={style}>
        <strong>{text.fetch.unavailable(settings.method.name, settings.model.name)}</strong>
        <span>{reason}</span>
      </div>
    );
  return (
    <div className={classes.place} data-state="empty" style={style}>
      <Target className={classes.placeIcon} />
      {first ? (
        <span>
          <span className={classes.invitation}>{invitation[0]}</span>
          {invitation.length > 1 && <span className="visually-hidden"> · </span>}
          {invitation.slice(1).join(" · ")}
        </span>
      ) : (
        <span>{text.fetch.short}</span>
      )}
    </div>
  );
}

export function Failure({ sample, column }: { sample: Sample; column: Column }): ReactElement | null {
  const { failure } = column.cell;
  const { description } = useSubject();
  // What the server's end cut short is said once, beside Fetch.
  if (!failure || failure.interrupted) return null;
  const again = { column: column.settings.id, request: failure.request };
  const stamp = stampOf(description, [sample]);
  return <ErrorNote compact error={failure.error} onRetry={() => retry(again, sample.index, stamp)} />;
}

function pendingWords(text: Text, { pending, place }: Cell): string | null {
  return place ? describePlace(text, place) : pending && text.fetch.waiting[pending];
}

export function Badge({ cell }: { cell: Cell }): ReactElement {
  const text = useText();
  return (
    <span className={classes.badge}>
      <Spinner size={10} color="white" />
      {pendingWords(text, cell)}
    </span>
  );
}

/** That the map shown is an estimate, and how good a one. */
export function PartialBadge({ share, cancelled }: { share: number; cancelled: boolean }): ReactElement {
  const text = useText();
  const percent = Math.floor(100 * share);
  return (
    <span className={classes.badge} data-testid={TESTID.partial} data-share={share} data-cancelled={cancelled}>
      {!cancelled && <Spinner size={10} color="white" />}
      {cancelled ? text.map.partial(percent) : text.map.refining(percent)}
    </span>
  );
}
