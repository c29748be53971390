import { Button } from "@mantine/core";
import { useMemo, type ReactElement } from "react";

import { useEvidence } from "../../api/queries";
import type { ResultInfo } from "../../api/types";
import { isPictured, type Drawable } from "../../features";
import { drawnValues } from "../../features/image/drawn";
import { subjectOf, type FeatureProps } from "../../features/types";
import {
  colourScale,
  completeness,
  formatShare,
  formatSignedShare,
  formatValue,
  massOf,
  rectangleShares,
  regionShares,
  type HeatMap,
  type RegionShares,
} from "../../heatmap";
import { signOf } from "../../state/sign";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { describeCompleteness, type Making } from "../../text/describe";
import { useSubject } from "../workspace";
import classes from "./Facts.module.css";
import { Baseline } from "./Baseline";
import { Fact } from "./Fact";
import { HistogramChart } from "./HistogramChart";
import { useMarks } from "./marks";

export interface FactsProps extends Omit<FeatureProps, "over"> {
  /** Whether what is true of all inputs is said here. */
  leads: boolean;
  drawn: Drawable;
  map: HeatMap;
  making: Making;
  /** Of a finished map. */
  info: ResultInfo | null;
  /** Whether this is one channel of the map. */
  partial: boolean;
  /** The sample's class. */
  label: number | null;
  /** Where the colours end; null where there are none. */
  limit: number | null;
}

/** What can be measured of a map. */
export function Facts(props: FactsProps): ReactElement {
  const { map, info, partial, limit, feature, display } = props;
  const values = map.units ?? map.values;
  return (
    <div className={classes.facts}>
      <HistogramChart values={values} map={map} feature={feature} limit={limit} scale={display.scale} />
      <Balance {...props} />
      {isPictured(feature) && !map.units && <RectangleFact {...props} />}
      {info && !partial && props.leads && <Completeness info={info} />}
      {info && <Baseline {...props} info={info} />}
    </div>
  );
}

/** How much raises and how much lowers. */
function Balance({ map, making, display }: FactsProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const words = text.detail.balance;
  const values = map.units ?? map.values;
  const { positive, negative } = useMemo(() => massOf(values), [values]);
  const method = description.methods.find(({ id }) => id === making.method);
  const explains = method === undefined || method.takes_target || method.space === "neuron";
  // Squares and magnitudes have lost what raises and what lowers.
  const signed = explains && signOf("auto", method, making.smoothing) !== "absolute";
  const total = positive + negative;
  const share = total > 0 ? positive / total : 0;
  const scale = colourScale(display.scale);
  const colour = (value: 1 | -1): string =>
    scale.signed ? `rgb(${scale.tint(value).join(" ")})` : value > 0 ? "var(--bar-strong)" : "var(--bar)";
  return (
    <Fact title={words.title} testid={TESTID.balance}>
      <div className={classes.balance} aria-hidden="true">
        <span style={{ width: `${100 * share}%`, background: colour(1) }} />
        <span style={{ width: `${100 * (1 - share)}%`, background: colour(-1) }} />
      </div>
      <dl className={classes.numbers}>
        <Entry term={signed ? words.positive : words.positiveValues} value={formatShare(share)} />
        <Entry term={signed ? words.negative : words.negativeValues} value={formatShare(total > 0 ? 1 - share : 0)} />
      </dl>
      <p>{words.net(formatValue(positive - negative))}</p>
    </Fact>
  );
}

function Entry({ term, value, extra }: { term: string; value: string; extra?: string }): ReactElement {
  return (
    <div className={classes.entry}>
      <dd>{value}</dd>
      <dt>
        {term}
        {extra !== undefined && <small> {extra}</small>}
      </dt>
    </div>
  );
}

/** How much of the map lies in what the reader has drawn, and in what truly decides. */
function RectangleFact(props: FactsProps): ReactElement {
  const { drawn, feature, making, label } = props;
  const text = useText();
  const words = text.detail.rectangle;
  const [{ rectangle }, change] = useMarks(feature.name);
  const values = useMemo(() => drawnValues(drawn, feature), [drawn, feature]);
  const isLabels = making.target !== null && making.target === label;
  const evidence = useEvidence(subjectOf(props), feature.evidence && isLabels).data;
  const inEvidence = useMemo(() => {
    const mask = evidence?.data;
    return mask && values && regionShares(values, feature.width, (x, y) => mask[y * feature.width + x] !== 0);
  }, [evidence, values, feature.width]);
  return (
    <>
      <Fact
        title={words.title}
        testid={TESTID.rectangle}
        aside={
          rectangle && (
            <Button
              size="compact-xs"
              variant="subtle"
              aria-label={words.clear}
              onClick={() => change((marks) => ({ ...marks, rectangle: null, anchor: null }))}
            >
              {text.settings.clear}
            </Button>
          )
        }
      >
        {rectangle && values ? (
          <>
            <Shares shares={rectangleShares(values, feature.width, rectangle)} />
            <p>{words.bounds(rectangle.left, rectangle.right - 1, rectangle.top, rectangle.bottom - 1)}</p>
          </>
        ) : (
          <p className={classes.hint}>{words.hint}</p>
        )}
      </Fact>
      {inEvidence && isLabels && inEvidence.area > 0 && (
        <Fact title={text.detail.evidence.title} testid={TESTID.evidenceShare}>
          <p>{text.detail.evidence.words}</p>
          <Shares shares={inEvidence} />
        </Fact>
      )}
    </>
  );
}

function Shares({ shares: { absolute, signed, area } }: { shares: RegionShares }): ReactElement {
  const text = useText();
  const words = text.detail.rectangle;
  return (
    <>
      <dl className={classes.numbers} data-absolute={absolute} data-signed={signed} data-area={area}>
        <Entry term={words.absolute} value={formatShare(absolute)} />
        {signed === null ? (
          <Entry term={words.noSum} value="–" />
        ) : (
          <Entry term={words.signed} value={formatSignedShare(signed)} />
        )}
        <Entry term={words.area} value={formatShare(area)} />
      </dl>
      {area > 0 && absolute > 0 && <p>{words.times(formatValue(absolute / area, 2))}</p>}
    </>
  );
}

/** Whether the values add up to what they explain. */
function Completeness({ info }: { info: ResultInfo }): ReactElement {
  const text = useText();
  const { description } = useSubject();
  const words = text.detail.completeness;
  const sum = completeness(info.output, info.output_baseline, info.delta);
  const advice = describeCompleteness(text, info, description)?.advice ?? null;
  if (info.delta === null)
    return (
      <Fact title={words.title} testid={TESTID.completenessWords}>
        <p className={classes.hint}>{words.promise}</p>
      </Fact>
    );
  const verdict =
    sum &&
    (!Number.isFinite(sum.gap)
      ? words.none
      : sum.gap <= 1
        ? words.explains(formatShare(1 - sum.gap))
        : words.gap(formatShare(sum.gap)));
  return (
    <Fact title={words.title} testid={TESTID.completenessWords}>
      {verdict !== null && <p className={classes.verdict}>{verdict}</p>}
      {sum && <p>{words.sum(formatValue(sum.difference + sum.delta), formatValue(sum.difference))}</p>}
      <p>{words.delta(formatValue(info.delta))}</p>
      {advice !== null && <p className={classes.advice}>{words.raise}</p>}
    </Fact>
  );
}
