import type { ReactElement } from "react";

import type { ModelDescription, Sample } from "../../api/types";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { phrase } from "../../text/localise";
import { formatScore } from "../../text/describe";
import { useExplainInstead } from "../actions";
import { ErrorNote } from "../ErrorNote";
import { targetFor } from "../../state/settings";
import { withinRegion } from "../../state/target";
import { labelsOf } from "../../state/labels";
import { useSubject } from "../workspace";
import classes from "./Predictions.module.css";

interface PredictionsProps {
  sample: Sample;
  model: ModelDescription;
  /** The columns in which a click explains another class. */
  columns: readonly number[];
  /** The class whose map is shown, if any. */
  explained: number | null;
  /** The class it is explained against, if any. */
  against: number | null;
}

/** The top-k classes as bars; a click explains that class. */
export function Predictions({ sample, model, columns, explained, against }: PredictionsProps): ReactElement {
  const text = useText();
  const { description, k, columns: all } = useSubject();
  const explain = useExplainInstead();
  const first = all.find(({ id }) => id === columns[0]);
  const predictions = sample.predictions[model.name];
  const error = sample.errors[model.name];
  if (error) return <ErrorNote compact title={text.sample.notPredicted} error={error} />;
  if (!predictions) return <p className={classes.waiting}>{text.sample.predicting}</p>;

  const single = model.outputs === 1;
  if (single) {
    const value = predictions[0];
    return (
      <dl className={classes.single}>
        <dt>{description.has_score ? phrase(text, description.score_name) : text.sample.value}</dt>
        <dd>{value ? formatScore(value.score, description.score_name) : ""}</dd>
      </dl>
    );
  }

  const target = first ? targetFor(first, sample.index) : "predicted";
  const threshold = model.map_shape ? null : (description.threshold ?? null);
  const reaching = threshold === null ? [] : (sample.reaching?.[model.name] ?? []);
  const shown = predictions.slice(0, Math.max(k, reaching.length));
  const labels = labelsOf(sample);
  const scoreName = model.map_shape ? "probability" : description.score_name;
  const of = explained ?? predictions[0]?.index ?? 0;
  const named = predictions.find(({ index }) => index === of)?.name ?? String(of);
  const rather = (rival: number): void => {
    if (rival !== of) explain(sample, columns, withinRegion(target, of, rival));
  };
  const share = barShares(shown.map(({ score }) => score));
  return (
    <div>
      <div className={classes.head} aria-hidden="true">
        <span>{text.sample.predicted}</span>
        <span>{model.map_shape ? text.outputs.share : phrase(text, description.score_name)}</span>
      </div>
      <ol className={classes.list} aria-label={text.sample.predictions}>
        {shown.map((prediction, rank) => {
          const score = formatScore(prediction.score, scoreName);
          const isLabel = labels.includes(prediction.index);
          const reaches = reaching.includes(prediction.index);
          return (
            <li
              key={prediction.index}
              className={classes.item}
              data-against={against === prediction.index}
              data-reaches={threshold === null ? undefined : reaches}
            >
              <button
                type="button"
                className={classes.row}
                aria-pressed={explained === prediction.index}
                data-testid={TESTID.prediction}
                data-class={prediction.index}
                data-label={isLabel}
                title={prediction.name}
                onClick={(event) =>
                  event.shiftKey
                    ? rather(prediction.index)
                    : explain(sample, columns, withinRegion(target, prediction.index))
                }
              >
                <span className={classes.name}>
                  <span className="visually-hidden">{text.sample.explain} </span>
                  <span className={classes.word}>{prediction.name}</span>
                  {reaches && <span className="visually-hidden"> {text.outputs.reaches}</span>}
                  {isLabel && <span className={classes.tag}>{text.sample.label}</span>}
                </span>
                <span className={classes.track}>
                  <span className={classes.fill} style={{ width: `${(share[rank] ?? 0) * 100}%` }} />
                </span>
                <span className={classes.score}>{score}</span>
              </button>
              {prediction.index !== of && (
                <button
                  type="button"
                  className={classes.versus}
                  aria-label={`${text.target.versus}: ${text.target.explainRather(named, prediction.name)}`}
                  aria-pressed={against === prediction.index}
                  title={text.target.explainRather(named, prediction.name)}
                  onClick={() => rather(prediction.index)}
                >
                  {text.target.versus}
                </button>
              )}
            </li>
          );
        })}
      </ol>
      {threshold !== null && (
        <p className={classes.threshold} data-testid={TESTID.threshold}>
          {text.outputs.reach(reaching.length, model.outputs ?? predictions.length, formatScore(threshold, scoreName))}
        </p>
      )}
    </div>
  );
}

/** Scores within 0 … 1 as they are; others between the smallest and the largest shown. */
function barShares(scores: readonly number[]): number[] {
  const low = Math.min(...scores);
  const high = Math.max(...scores);
  if (low >= 0 && high <= 1) return [...scores];
  const floor = Math.min(low, 0);
  return scores.map((score) => (high > floor ? Math.max(score - floor, 0) / (high - floor) : 0));
}
