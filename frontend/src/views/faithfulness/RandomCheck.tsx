import { Loader } from "@mantine/core";
import type { ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import { useStageMaps, type Result } from "../../api/queries";
import type { RandomisationInfo, Sample } from "../../api/types";
import { rendererOf, type Drawable } from "../../features";
import { formatValue } from "../../heatmap";
import { evaluationRequest, randomFinding, type Finished } from "../../state/evaluations";
import { useDisplay } from "../../state/services";
import { signOf } from "../../state/sign";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { ErrorNote } from "../ErrorNote";
import { useSubject, versionOf } from "../workspace";
import { CheckFrame } from "./CheckFrame";
import classes from "./Faithfulness.module.css";
import { useCheck } from "./useCheck";

const STAGES = 5;
const PAPER = "https://arxiv.org/abs/1810.03292";

interface RandomCheckProps {
  made: Finished;
  sample: Sample;
}

/** Whether the map changes when the model forgets its weights. */
export function RandomCheck({ made, sample }: RandomCheckProps): ReactElement {
  const text = useText();
  const words = text.faithfulness.random;
  const check = useCheck(evaluationRequest(made, { type: "randomisation", stages: STAGES, seed: 0 }));
  const found = check.result?.info.evaluation;
  return (
    <CheckFrame
      id="randomisation"
      title={words.title}
      about={
        <p>
          {words.about}{" "}
          <a href={PAPER} target="_blank" rel="noreferrer">
            {words.reference}
          </a>
        </p>
      }
      check={check}
    >
      {check.result && found?.type === "randomisation" && (
        <Stages result={check.result} found={found} sample={sample} />
      )}
    </CheckFrame>
  );
}

interface StagesProps {
  result: Result;
  found: RandomisationInfo;
  sample: Sample;
}

function Stages({ result, found, sample }: StagesProps): ReactElement {
  const text = useText();
  const words = text.faithfulness.random;
  const maps = useStageMaps(result.info);
  const { verdict, whereNotWhat } = randomFinding(found);
  const layers = found.steps.map((step) => step.layers.length);
  const sum = (upTo: number): number => layers.slice(0, upTo).reduce((total, count) => total + count, 0);
  return (
    <>
      <p className={classes.verdict} data-testid={TESTID.verdict} data-verdict={verdict}>
        {words.verdicts[verdict]} {whereNotWhat && words.whereNotWhat}
      </p>
      {maps.error && (
        <ErrorNote
          compact
          title={text.map.failed}
          error={toErrorBody(maps.error)}
          onRetry={() => void maps.refetch()}
        />
      )}
      <ol className={classes.stages}>
        <li className={classes.stage}>
          <span className={classes.stageTitle}>{words.original}</span>
          <StageMap result={result} drawn={result} sample={sample} name={words.original} />
        </li>
        {found.steps.map((step, n) => {
          const title = words.stage(sum(n + 1), sum(layers.length));
          const own = maps.data?.[n];
          const names = step.layers.map((name) => name || words.own).join(", ");
          return (
            <li key={title} className={classes.stage} data-testid={TESTID.stage}>
              <span className={classes.stageTitle}>{title}</span>
              {own ? (
                <StageMap result={result} drawn={{ info: step, maps: own }} sample={sample} name={title} />
              ) : (
                <div className={classes.pending}>{maps.isLoading && <Loader size="xs" color="gray" />}</div>
              )}
              <dl className={classes.similarity} aria-label={words.similarity}>
                <Similarity name={words.signed} value={step.signed} />
                <Similarity name={words.absolute} value={step.absolute} />
              </dl>
              <span className={classes.layers} title={names}>
                <span className="visually-hidden">{words.layers}: </span>
                {names}
              </span>
            </li>
          );
        })}
      </ol>
      <p className={classes.cost}>{words.similarity}</p>
    </>
  );
}

function Similarity({ name, value }: { name: string; value: number | null }): ReactElement {
  const text = useText();
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text.faithfulness.random.value(value === null ? null : formatValue(value, 2))}</dd>
    </div>
  );
}

interface StageMapProps {
  result: Result;
  drawn: Drawable;
  sample: Sample;
  name: string;
}

/** One map as the page draws it, on a scale of its own. */
function StageMap({ result: { info }, drawn, sample, name }: StageMapProps): ReactElement {
  const { explorer, description } = useSubject();
  const display = useDisplay();
  const method = description.methods.find(({ id }) => id === info.method);
  return (
    <>
      {sample.features.map((feature) => {
        const { Maps } = rendererOf(feature);
        return (
          <Maps
            key={feature.name}
            explorer={explorer.id}
            sample={sample.index}
            version={versionOf(description, sample)}
            feature={feature}
            display={{ ...display, panels: ["heat"], evidence: false }}
            result={drawn}
            sign={signOf(display.sign, method, info.smoothing)}
            sharedLimit={null}
            name={name}
          />
        );
      })}
    </>
  );
}
