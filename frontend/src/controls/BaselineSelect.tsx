import { Switch } from "@mantine/core";
import { useState, type ReactElement } from "react";

import { baselineUrl, imageUrl } from "../api/routes";
import type { FeatureDescription, Sample } from "../api/types";
import { isPictured } from "../features";
import {
  countBaselines,
  isOfSample,
  isSample,
  isSamples,
  MOST_BASELINES,
  MOST_NUMBER,
  namesFor,
  numberIn,
  offered,
  withNames,
} from "../state/baselines";
import { needsBaseline } from "../state/settings";
import { errorText, useText } from "../text";
import { offeredName } from "../text/baselines";
import { useChangeColumn } from "../views/columns";
import { useForecast, useShown, useSubject } from "../views/workspace";
import classes from "./BaselineSelect.module.css";
import { FieldError, Group, Help } from "./Field";
import { NumberField } from "./NumberField";

/** What each input is compared with; several are averaged. */
export function BaselineSelect(): ReactElement | null {
  const text = useText();
  const words = text.outputs;
  const { description, settings } = useSubject();
  const forecast = useForecast();
  const count = countBaselines(settings.baseline, description.features);
  const [several, setSeveral] = useState(count > 1);
  if (!needsBaseline(settings.method)) return null;
  const error = forecast.errors.baseline;
  return (
    <Group title={text.settings.baseline}>
      {description.features.map((feature) => (
        <InputBaselines key={feature.name} feature={feature} several={several || count > 1} />
      ))}
      <Switch
        size="xs"
        label={words.several}
        checked={several || count > 1}
        disabled={count > 1}
        onChange={(event) => setSeveral(event.currentTarget.checked)}
      />
      {count > 1 && <Help>{words.averaged(count)}</Help>}
      {error && (
        <FieldError>
          {count > MOST_BASELINES ? words.tooMany(count, MOST_BASELINES) : errorText(text, error)}
        </FieldError>
      )}
    </Group>
  );
}

interface InputBaselinesProps {
  feature: FeatureDescription;
  /** Whether any number of them may be chosen. */
  several: boolean;
}

function InputBaselines({ feature, several }: InputBaselinesProps): ReactElement | null {
  const text = useText();
  const words = text.outputs;
  const change = useChangeColumn();
  const { description, settings } = useSubject();
  const { samples } = useShown();
  const { features } = description;
  const chosen = namesFor(settings.baseline, feature);
  const [numbers, setNumbers] = useState({ sample: 0, samples: 4 });
  const numberOf = (test: (id: string) => boolean, usual: number): number =>
    chosen.map((id) => (test(id) ? numberIn(id) : null)).find((number) => number !== null) ?? usual;
  // What cannot be written into a baseline's name at all; any other number is the server's to judge.
  const [refused, setRefused] = useState<{ sample?: string; samples?: string }>({});
  const accepted = (field: "sample" | "samples", number: number, least: number): boolean => {
    const isPlace = Number.isInteger(number) && number >= least && number <= MOST_NUMBER;
    setRefused(isPlace ? {} : { [field]: text.browse.noPlace(String(number), least) });
    return isPlace;
  };
  const one = numberOf(isSample, numbers.sample);
  const first = numberOf(isSamples, numbers.samples);
  const own = feature.baselines ?? [];
  // A number may become one that is chosen already.
  const put = (names: readonly string[]): void =>
    change(({ baseline }) => ({ baseline: withNames(baseline, features, feature, [...new Set(names)]) }));
  const choose = (id: string, on: boolean): void => {
    if (!several) put([id]);
    else if (on) put([...chosen, id]);
    else if (chosen.length > 1) put(chosen.filter((other) => other !== id));
  };
  const renumber = (from: string, to: string): void => {
    if (chosen.includes(from)) put(chosen.map((id) => (id === from ? to : id)));
  };
  const name = features.length > 1 ? words.baselineOf(feature.name) : text.settings.baseline;
  const alone = chosen.length === 1 ? chosen[0] : undefined;
  const help = own.find(({ id }) => id === alone)?.description;

  return (
    <fieldset className={classes.input}>
      <legend className={features.length > 1 ? classes.legend : "visually-hidden"}>{name}</legend>
      <div className={classes.grid} role={several ? "group" : "radiogroup"} aria-label={name}>
        {offered(feature, chosen, { sample: one, samples: first }).map(({ slot, id }) => (
          <label key={slot} className={classes.choice}>
            <input
              type={several ? "checkbox" : "radio"}
              name={`baseline of ${feature.name}`}
              value={id}
              checked={chosen.includes(id)}
              className="visually-hidden"
              onChange={(event) => choose(id, event.currentTarget.checked)}
            />
            <Thumbnail
              feature={feature}
              id={id}
              // What is made of many samples has them read: not before it is wanted.
              first={isOfSample(id) || chosen.includes(id) ? samples.items[0] : undefined}
            />
            <span className={classes.name}>{offeredName(text, { slot, id }, feature)}</span>
          </label>
        ))}
      </div>
      {help !== undefined && <Help>{help}</Help>}
      {chosen.includes(`sample:${one}`) && (
        <NumberField
          size="xs"
          label={words.sampleNumber}
          description={words.sampleHelp}
          min={0}
          value={one}
          usual={0}
          error={refused.sample}
          onChange={(value) => {
            const sample = value ?? 0;
            if (!accepted("sample", sample, 0)) return;
            renumber(`sample:${one}`, `sample:${sample}`);
            setNumbers((all) => ({ ...all, sample }));
          }}
        />
      )}
      {chosen.includes(`samples:${first}`) && (
        <NumberField
          size="xs"
          label={words.sampleCount}
          description={words.samplesHelp}
          min={1}
          max={MOST_BASELINES}
          value={first}
          usual={4}
          error={refused.samples}
          onChange={(value) => {
            const count = value ?? 4;
            if (!accepted("samples", count, 1)) return;
            renumber(`samples:${first}`, `samples:${count}`);
            setNumbers((all) => ({ ...all, samples: count }));
          }}
        />
      )}
    </fieldset>
  );
}

interface ThumbnailProps {
  feature: FeatureDescription;
  id: string;
  /** The first sample shown, for which the baseline is drawn. */
  first: Sample | undefined;
}

/** The baseline as it looks for the first sample shown. */
function Thumbnail({ feature, id, first }: ThumbnailProps): ReactElement | null {
  const { explorer, description } = useSubject();
  const shown = first?.features.find(({ name }) => name === feature.name);
  if (feature.kind !== "image" || (shown && !isPictured(shown))) return null;
  const number = isSamples(id) ? 0 : numberIn(id);
  return (
    <span className={classes.frame} data-stack={isSamples(id)}>
      {first && (
        <img
          src={
            number === null
              ? baselineUrl(explorer.id, first.index, feature.name, id, description.fingerprint)
              : imageUrl(explorer.id, number, feature.name)
          }
          alt=""
          loading="lazy"
          decoding="async"
        />
      )}
    </span>
  );
}
