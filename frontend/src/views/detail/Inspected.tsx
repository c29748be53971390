import { useMemo, useState, type ReactElement, type ReactNode } from "react";

import { useChannels, useResult } from "../../api/queries";
import type { ResultInfo, Sample, SampleFeature } from "../../api/types";
import { isPictured, rendererOf, type Drawable } from "../../features";
import { Contributions } from "../../features/Contributions";
import { UnitBars } from "../../features/image/UnitBars";
import { channelMap, isAllZero, type HeatMap } from "../../heatmap";
import { isBefore, isForeign } from "../../state/launches";
import type { Display } from "../../state/page";
import { signOf } from "../../state/sign";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { targetName, type Making } from "../../text/describe";
import { FaithfulnessButton } from "../faithfulness/FaithfulnessButton";
import { CaptionLines, PartialCaption } from "../samples/CaptionLines";
import { Badge, Failure, PartialBadge, Place, useEstimate, type Estimate } from "../samples/MapCell";
import { MapOfClasses } from "../classmap/MapOfClasses";
import type { Column } from "../columns";
import { nameOf } from "../own/SampleName";
import { sharedKey, type SharedLimits } from "../shared";
import { useSubject, versionOf } from "../workspace";
import { Channels } from "./Channels";
import { Facts } from "./Facts";
import classes from "./Inspected.module.css";
import { Readout } from "./Readout";
import { ScoreTable } from "./ScoreTable";
import { Surface } from "./Surface";

export interface InspectedProps {
  sample: Sample;
  column: Column;
  display: Display;
  sharedLimits: SharedLimits;
  first: boolean;
  titled: boolean;
}

/** One column of a sample: its maps large, what the model predicts, and what can be measured. */
export function Inspected(props: InspectedProps): ReactElement {
  const { sample, column, display, titled } = props;
  const { settings, cell, title } = column;
  const { model } = settings;
  const { description } = useSubject();
  const result = useResult(cell.shown?.item.key ?? null);
  const estimate = useEstimate(cell, sample, result.data !== undefined);
  const foreign = cell.shown !== null && isForeign(cell.shown.stamp, sample);
  const finished = estimate || foreign ? undefined : result.data;
  const made = estimate ? cell.partial : cell.shown;
  const shown = estimate?.map ?? finished;
  return (
    <section
      className={classes.inspected}
      aria-label={title}
      data-testid={TESTID.inspected}
      data-column={settings.id}
      data-model={model.name}
    >
      <h3 className={titled ? classes.model : "visually-hidden"}>{title}</h3>
      {sample.features
        .filter(({ kind }) => kind !== "empty")
        .map((feature, i) => (
          <Feature
            {...props}
            key={feature.name}
            feature={feature}
            leads={i === 0}
            estimate={estimate}
            info={finished?.info ?? null}
            drawn={estimate?.map ?? finished ?? null}
            place={
              i === 0 && (
                <Place
                  sample={sample}
                  column={column}
                  first={props.first}
                  error={result.error}
                  refetch={result.refetch}
                  foreign={foreign}
                />
              )
            }
            side={
              i === 0 && (
                <>
                  {(estimate ?? finished) && cell.failure && <Failure sample={sample} column={column} />}
                  <ScoreTable sample={sample} column={settings} explained={made?.item.target ?? null} />
                  {estimate && <PartialCaption making={estimate.making} share={estimate.map.share} />}
                  {finished && (
                    <CaptionLines
                      info={finished.info}
                      before={isBefore(cell.shown?.stamp ?? null, description)}
                      current={column.current}
                      shared={display.shared}
                    />
                  )}
                  {finished && cell.shown && <FaithfulnessButton sample={sample} made={cell.shown} />}
                </>
              )
            }
          />
        ))}
      {shown && sample.features.length > 1 && (
        <Contributions features={sample.features} result={shown} display={display} />
      )}
    </section>
  );
}

interface FeatureProps extends InspectedProps {
  feature: SampleFeature;
  /** Whether it is the first, beside which stands what is true of all. */
  leads: boolean;
  estimate: Estimate | null;
  /** Of the finished map, if that is what is drawn. */
  info: ResultInfo | null;
  drawn: Drawable | null;
  /** Stands where there is no map. */
  place: ReactNode;
  side: ReactNode;
}

function Feature(props: FeatureProps): ReactElement {
  const { sample, column, display, sharedLimits, feature, estimate, info, drawn, place, side } = props;
  const text = useText();
  const { explorer, description } = useSubject();
  const [picked, setPicked] = useState<{ of: string; channel: number } | null>(null);
  const making: Making | null = estimate?.making ?? info;
  const method = description.methods.find(({ id }) => id === making?.method);
  const whole = drawn?.maps[feature.name] ?? null;
  // A channel stays picked from sample to sample, as long as it is the same one.
  const of = JSON.stringify([making?.method, making?.layer, whole?.channels]);
  const channel = picked?.of === of ? picked.channel : null;
  const pick = (next: number | null): void => setPicked(next === null ? null : { of, channel: next });
  const hasChannels = info !== null && method?.space === "layer" && whole !== null && whole.channels > 1;
  const channels = useChannels(hasChannels && !whole.units ? info.key : null, feature.name);
  const { data: array } = channels;
  const one = useMemo(
    () => (array && channel !== null && !whole?.units ? channelMap(array, channel) : null),
    [array, channel, whole],
  );
  const shown = useMemo(
    () => (drawn && one ? { info: drawn.info, maps: { ...drawn.maps, [feature.name]: one } } : drawn),
    [drawn, one, feature.name],
  );

  const map: HeatMap | null = one ?? whole;
  const sign = signOf(display.sign, method, making?.smoothing ?? null);
  const sharedLimit = one || !info || !display.shared ? null : (sharedLimits.get(sharedKey(info)) ?? null);
  const name = making ? text.map.name(method?.name ?? making.method, targetName(text, making)) : "";
  const common = {
    explorer: explorer.id,
    sample: sample.index,
    version: versionOf(description, sample),
    feature,
    display,
  };
  const { Original, Maps, limit, pictured } = rendererOf(feature);
  const title = channel === null ? name : `${text.detail.channels.channel(channel)}, ${name}`;
  const surface = <Surface feature={feature} name={title} />;
  const readable = map !== null && !map.units && map.nonFinite === 0 && !isAllZero(map);

  return (
    <>
      <div className={classes.top} data-size={display.size}>
        <div className={classes.left}>
          <div className={classes.stage}>
            {display.panels.includes("original") && (
              <Original
                {...common}
                name={nameOf(text, sample, description)}
                over={<Surface feature={feature} name={text.display.panelNames.original} />}
              />
            )}
            {feature === sample.features.find(isPictured) && (
              <MapOfClasses sample={sample} settings={column.settings} />
            )}
            {shown === null ? (
              place
            ) : map?.units ? (
              <UnitBars units={map.units} scale={display.scale} name={name} picked={channel} onPick={pick} />
            ) : (
              <Maps {...common} result={shown} sign={sign} sharedLimit={sharedLimit} name={title} over={surface} />
            )}
            {estimate ? (
              <PartialBadge share={estimate.map.share} cancelled={column.cell.partial?.cancelled === true} />
            ) : (
              drawn && column.cell.pending && <Badge cell={column.cell} />
            )}
          </div>
          {pictured && !map?.units && <Readout {...common} map={readable ? map : null} />}
        </div>
        <div className={classes.side}>{side}</div>
      </div>
      {hasChannels && (
        <Channels
          column={column.settings}
          info={info}
          units={whole.units ?? null}
          array={array ?? null}
          error={channels.error}
          onRetry={() => void channels.refetch()}
          chosen={channel}
          choose={pick}
          scale={display.scale}
        />
      )}
      {map && shown && (readable || map.units) && making && (
        <Facts
          {...common}
          leads={props.leads}
          drawn={shown}
          map={map}
          making={making}
          info={info}
          partial={one !== null}
          label={sample.label?.index ?? null}
          limit={map.units ? null : (sharedLimit ?? limit(shown, feature, sign, display.outlier))}
        />
      )}
    </>
  );
}
