import type { ReactElement } from "react";

import type { EditPredictions, ModelDescription, Prediction } from "../../api/types";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { phrase } from "../../text/localise";
import { formatScore } from "../../text/describe";
import { ErrorNote } from "../ErrorNote";
import { useSubject } from "../workspace";
import classes from "./edit.module.css";

interface ScoresProps {
  /** The original's; null where there is none. */
  before: readonly Prediction[] | null;
  model: ModelDescription;
  titled: boolean;
  /** Null while nothing is edited. */
  edited: EditPredictions | null;
  /** Whether `edited` is that of an edit before. */
  stale: boolean;
}

/** The original's best classes, what became of them, and the edit's own best class; or those of a new input alone. */
export function Scores({ before, model, titled, edited, stale }: ScoresProps): ReactElement {
  const text = useText();
  const { description, k } = useSubject();
  const after = edited?.predictions[model.name];
  const error = edited?.errors[model.name];
  const scoreName = description.score_name;
  const rows = rowsOf(before, after, k);
  const name = (prediction: Prediction): string => (model.outputs === 1 ? text.sample.value : prediction.name);
  return (
    <div>
      {error && <ErrorNote compact title={text.edit.failed} error={error} />}
      <table className={classes.scores} data-stale={stale}>
        <caption className={titled ? classes.model : "visually-hidden"}>
          {titled ? model.name : phrase(text, scoreName)}
        </caption>
        <thead>
          <tr>
            <th scope="col">{before ? phrase(text, scoreName) : text.detail.className}</th>
            {before && <th scope="col">{text.edit.original}</th>}
            <th scope="col">{before ? text.edit.edited : phrase(text, scoreName)}</th>
            {before && <th scope="col">{text.edit.change}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ prediction, was, is }) => (
            <tr key={prediction.index} data-testid={TESTID.editScore} data-class={prediction.index} data-score={is}>
              <th scope="row">{name(prediction)}</th>
              {before && <td>{was === undefined ? "–" : formatScore(was, scoreName)}</td>}
              <td>{is === undefined ? "–" : formatScore(is, scoreName)}</td>
              {before && (
                <td data-sign={was === undefined || is === undefined ? 0 : Math.sign(is - was)}>
                  {was === undefined || is === undefined ? "" : formatChange(is - was, scoreName)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface Row {
  readonly prediction: Prediction;
  readonly was: number | undefined;
  readonly is: number | undefined;
}

function rowsOf(before: readonly Prediction[] | null, after: readonly Prediction[] | undefined, k: number): Row[] {
  const shown = (before ?? after ?? []).slice(0, k);
  const best = after?.[0];
  const rows = best && !shown.some(({ index }) => index === best.index) ? [...shown, best] : shown;
  const scoreIn = (list: readonly Prediction[] | null | undefined, index: number): number | undefined =>
    list?.find((entry) => entry.index === index)?.score;
  return rows.map((prediction) => ({
    prediction,
    was: scoreIn(before, prediction.index),
    is: scoreIn(after, prediction.index),
  }));
}

function formatChange(change: number, scoreName: string): string {
  const size = formatScore(Math.abs(change), scoreName);
  // A change that rounds to nothing has no direction.
  if (size === formatScore(0, scoreName)) return size;
  return change > 0 ? `▲ +${size}` : `▼ −${size}`;
}
