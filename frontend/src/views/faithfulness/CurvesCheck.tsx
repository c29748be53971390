import { SegmentedControl } from "@mantine/core";
import { useState, type ReactElement } from "react";

import type { CurveInfo, CurvesInfo, ReadingInfo } from "../../api/types";
import { formatValue } from "../../heatmap";
import {
  curveOf,
  curveVerdict,
  evaluationRequest,
  fills,
  type CurveKind,
  type Finished,
} from "../../state/evaluations";
import { needsBaseline } from "../../state/settings";
import { TESTID } from "../../testids";
import { useText, type Text } from "../../text";
import { formatScore, targetName } from "../../text/describe";
import { useSubject } from "../workspace";
import { places } from "./chart";
import { CheckFrame } from "./CheckFrame";
import classes from "./Faithfulness.module.css";
import { Legend } from "./Legend";
import { LineChart, type Series } from "./LineChart";
import { useCheck } from "./useCheck";

const KINDS: readonly CurveKind[] = ["deletion", "insertion"];
const ORDERS: readonly CurveInfo["order"][] = ["map", "edges", "random"];
const RANDOM_ORDERS = 5;

/** Deletion and insertion curves of the map beside those of two controls. */
export function CurvesCheck({ made }: { made: Finished }): ReactElement {
  const text = useText();
  const words = text.faithfulness.curves;
  const { description } = useSubject();
  const method = description.methods.find(({ id }) => id === made.request.method);
  const offered = fills(
    method && needsBaseline(method) ? (made.request.baseline ?? null) : null,
    description.baselines,
  );
  const [fill, setFill] = useState(offered[0]?.id ?? "zero");
  const check = useCheck(evaluationRequest(made, { type: "curves", fill, orders: RANDOM_ORDERS, seed: 0 }));
  const found = check.result?.info.evaluation;
  return (
    <CheckFrame
      id="curves"
      title={words.title}
      about={
        <p>
          {words.about} {words.controls(RANDOM_ORDERS)}
        </p>
      }
      check={check}
      options={
        offered.length > 1 && (
          <div className={classes.option}>
            <span aria-hidden="true">{words.fill}</span>
            <SegmentedControl
              aria-label={words.fill}
              value={fill}
              onChange={setFill}
              data={offered.map(({ id, name, description: what }) => ({
                value: id,
                label: <span title={what}>{name}</span>,
              }))}
            />
            <span className={classes.cost}>{offered.find(({ id }) => id === fill)?.description}</span>
          </div>
        )
      }
    >
      {found?.type === "curves" && <Curves found={found} target={targetName(text, made.item)} />}
    </CheckFrame>
  );
}

function Curves({ found, target }: { found: CurvesInfo; target: string | null }): ReactElement | null {
  const text = useText();
  const words = text.faithfulness.curves;
  const { description } = useSubject();
  const [chosen, setChosen] = useState(0);
  const reading = found.readings[chosen] ?? found.readings[0];
  if (!reading) return null;
  const isScore = reading.quantity === "score";
  const format = (value: number): string => (isScore ? formatScore(value, description.score_name) : formatValue(value));
  return (
    <>
      {found.readings.length > 1 && (
        <div className={classes.option}>
          <span aria-hidden="true">{words.quantity}</span>
          <SegmentedControl
            aria-label={words.quantity}
            value={String(chosen)}
            onChange={(value) => setChosen(Number(value))}
            data={found.readings.map(({ quantity }, i) => ({
              value: String(i),
              label: quantity === "score" ? words.score(description.score_name, target) : words.output(target),
            }))}
          />
        </div>
      )}
      <Legend series={ORDERS.map((id) => ({ id, name: words.names[id] }))} />
      <div className={classes.charts}>
        {KINDS.map((kind) => (
          <Chart key={kind} kind={kind} found={found} reading={reading} format={format} />
        ))}
      </div>
      <Areas reading={reading} format={format} />
      <Values found={found} reading={reading} format={format} />
    </>
  );
}

interface ReadingProps {
  reading: ReadingInfo;
  format: (value: number) => string;
}

function Chart({ kind, found, reading, format }: ReadingProps & { kind: CurveKind; found: CurvesInfo }): ReactElement {
  const text = useText();
  const words = text.faithfulness.curves;
  const series = ORDERS.flatMap((id): Series[] => {
    const curve = curveOf(reading, kind, id);
    return curve ? [{ id, name: words.names[id], values: curve.values, spread: curve.spread }] : [];
  });
  const verdict = curveVerdict(reading, kind);
  const areas = ORDERS.map((id) => words.point(words.names[id], areaWords(text, curveOf(reading, kind, id), format)));
  const readout = (place: number): string => {
    const values = series.map(({ name, values, spread }) => {
      const value = format(values[place] ?? 0);
      return words.point(name, spread ? words.plusMinus(value, format(spread[place] ?? 0)) : value);
    });
    return `${words.at[kind](Math.round(100 * (found.shares[place] ?? 0)))}: ${values.join(", ")}`;
  };
  return (
    <figure className={classes.curve} data-kind={kind}>
      <figcaption>
        <strong>{words.kinds[kind]}</strong> <span className={classes.cost}>{words.goal[kind]}</span>
      </figcaption>
      <LineChart
        shares={found.shares}
        series={series}
        format={format}
        axis={words.axis[kind]}
        percent={words.share}
        label={words.chart(words.kinds[kind], areas.join(", "))}
        explore={words.explore(words.kinds[kind])}
        readout={readout}
      />
      {verdict && (
        <p className={classes.verdict} data-testid={TESTID.verdict} data-verdict={verdict}>
          {words.verdicts[verdict]}
        </p>
      )}
    </figure>
  );
}

function areaWords(text: Text, curve: CurveInfo | undefined, format: (value: number) => string): string {
  if (!curve) return "";
  const area = format(curve.area);
  return curve.area_spread === null ? area : text.faithfulness.curves.plusMinus(area, format(curve.area_spread));
}

function Areas({ reading, format }: ReadingProps): ReactElement {
  const text = useText();
  const words = text.faithfulness.curves;
  return (
    <table className={classes.table} data-testid="areas">
      <caption>{words.area}</caption>
      <thead>
        <tr>
          <th scope="col">{words.order}</th>
          {KINDS.map((kind) => (
            <th key={kind} scope="col">
              {words.kinds[kind]} <span className={classes.cost}>{words.goal[kind]}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ORDERS.map((order) => (
          <tr key={order} data-order={order}>
            <th scope="row">{words.names[order]}</th>
            {KINDS.map((kind) => (
              <td key={kind}>{areaWords(text, curveOf(reading, kind, order), format)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The curves for those who read numbers. */
function Values({ found, reading, format }: ReadingProps & { found: CurvesInfo }): ReactElement {
  const text = useText();
  const words = text.faithfulness.curves;
  const columns = KINDS.flatMap((kind) => ORDERS.map((order) => ({ kind, order })));
  return (
    <details className={classes.values}>
      <summary>{words.table}</summary>
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={words.table}>
        <table className={classes.table}>
          <thead>
            <tr>
              <td />
              {KINDS.map((kind) => (
                <th key={kind} scope="colgroup" colSpan={ORDERS.length}>
                  {words.kinds[kind]}
                </th>
              ))}
            </tr>
            <tr>
              <td />
              {columns.map(({ kind, order }) => (
                <th key={kind + order} scope="col">
                  {words.names[order]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {places(found.shares.length).map((place) => (
              <tr key={place}>
                <th scope="row">{words.share(Math.round(100 * (found.shares[place] ?? 0)))}</th>
                {columns.map(({ kind, order }) => (
                  <td key={kind + order}>{format(curveOf(reading, kind, order)?.values[place] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
