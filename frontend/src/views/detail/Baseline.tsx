import type { ReactElement } from "react";

import { baselineUrl, imageUrl } from "../../api/routes";
import type { FeatureDescription, ResultInfo, SampleFeature } from "../../api/types";
import { isPictured } from "../../features";
import { formatValue } from "../../heatmap";
import { isSample, namesFor, numberIn } from "../../state/baselines";
import { needsBaseline } from "../../state/settings";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { baselineName } from "../../text/baselines";
import { targetName } from "../../text/describe";
import { useSubject } from "../workspace";
import { Fact } from "./Fact";
import classes from "./Facts.module.css";

interface BaselineProps {
  explorer: string;
  sample: number;
  feature: SampleFeature;
  info: ResultInfo;
}

/** What this input was compared with, as the model sees it, and what the model says of that. */
export function Baseline({ explorer, sample, feature, info }: BaselineProps): ReactElement | null {
  const text = useText();
  const { description } = useSubject();
  const words = text.detail.baseline;
  const method = description.methods.find(({ id }) => id === info.method);
  const position = description.features.findIndex(({ name }) => name === feature.name);
  const described = description.features[position];
  if (method && method.distribution > 0)
    return (
      <Fact title={words.title} testid={TESTID.baselineUsed}>
        <p>{words.distribution(method.distribution)}</p>
      </Fact>
    );
  if (info.baseline === null || !described || (method && !needsBaseline(method))) return null;
  const compared = info.compared ?? [];
  const what = info.function
    ? text.outputs.functionValue(info.function)
    : info.quantity === "score"
      ? words.theScore(description.score_name, targetName(text, info))
      : words.theOutput(targetName(text, info));
  const each =
    compared.length > 0
      ? compared.map(({ baselines, output }) => ({ id: baselines[position] ?? "", output }))
      : namesFor(info.baseline, described).map((id) => ({ id, output: info.output_baseline }));
  const both = info.output !== null && info.output_baseline !== null;
  return (
    <Fact title={words.title} testid={TESTID.baselineUsed}>
      {each.map(({ id, output }, n) => (
        <div key={n} className={classes.baseline}>
          {isPictured(feature) && (
            <img
              src={pictureUrl(explorer, sample, described, id, description.fingerprint)}
              alt={words.image(baselineName(text, id, described))}
            />
          )}
          <div>
            <p>
              <strong>{baselineName(text, id, described)}</strong>
              {describedBy(described, id)}
            </p>
            {compared.length > 0 && output !== null && <p>{formatValue(output)}</p>}
            {compared.length === 0 && both && (
              <p>{words.output(what, formatValue(info.output_baseline ?? NaN), formatValue(info.output ?? NaN))}</p>
            )}
          </div>
        </div>
      ))}
      {compared.length > 0 && both && (
        <p>
          {text.outputs.meanOutput(
            what,
            formatValue(info.output_baseline ?? NaN),
            compared.length,
            formatValue(info.output ?? NaN),
          )}
        </p>
      )}
    </Fact>
  );
}

function describedBy({ baselines = [] }: FeatureDescription, id: string): string {
  const found = baselines.find((one) => one.id === id);
  return found ? `: ${found.description}` : "";
}

/** A sample of the dataset is its own picture. */
function pictureUrl(
  explorer: string,
  sample: number,
  { name }: FeatureDescription,
  id: string,
  version: string,
): string {
  return isSample(id) ? imageUrl(explorer, numberIn(id) ?? 0, name) : baselineUrl(explorer, sample, name, id, version);
}
