import type { ReactElement } from "react";

import type { Sample } from "../../api/types";
import { labelsOf } from "../../state/labels";
import { targetFor, type Settings } from "../../state/settings";
import { withinRegion } from "../../state/target";
import { formatValue } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { phrase } from "../../text/localise";
import { formatScore } from "../../text/describe";
import { useExplainInstead } from "../actions";
import { ErrorNote } from "../ErrorNote";
import { useSubject } from "../workspace";
import classes from "./ScoreTable.module.css";

interface ScoreTableProps {
  sample: Sample;
  column: Settings;
  /** The class whose map is shown, if any. */
  explained: number | null;
}

/** Every prediction that the server has told, with the score and the output that it was made of. */
export function ScoreTable({ sample, column, explained }: ScoreTableProps): ReactElement {
  const text = useText();
  const { id, model } = column;
  const { description } = useSubject();
  const explain = useExplainInstead();
  const error = sample.errors[model.name];
  const predictions = sample.predictions[model.name];
  if (error) return <ErrorNote compact title={text.sample.notPredicted} error={error} />;
  if (!predictions) return <p className={classes.waiting}>{text.sample.predicting}</p>;
  const isMap = Boolean(model.map_shape) && model.outputs !== 1;
  const hasScore = description.has_score || isMap;
  const scoreName = isMap ? "probability" : description.score_name;
  const single = model.outputs === 1;
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={text.detail.predictionsOf(model.name)}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{single ? text.sample.value : text.detail.className}</th>
            {hasScore && <th scope="col">{isMap ? text.outputs.share : phrase(text, scoreName)}</th>}
            <th scope="col">{hasScore ? text.detail.output : phrase(text, scoreName)}</th>
          </tr>
        </thead>
        <tbody>
          {predictions.map(({ index, name, score, output }) => (
            <tr key={index} data-explained={explained === index}>
              <th scope="row">
                {single ? (
                  name
                ) : (
                  <button
                    type="button"
                    className={classes.name}
                    aria-pressed={explained === index}
                    title={name}
                    data-testid={TESTID.prediction}
                    data-class={index}
                    onClick={() => explain(sample, [id], withinRegion(targetFor(column, sample.index), index))}
                  >
                    <span className="visually-hidden">{text.sample.explain} </span>
                    <span className={classes.word}>{name}</span>
                    {labelsOf(sample).includes(index) && <span className={classes.tag}>{text.sample.label}</span>}
                  </button>
                )}
              </th>
              {hasScore && <td>{formatScore(score, scoreName)}</td>}
              <td>{formatValue(output)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
