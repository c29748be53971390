import type { ReactElement } from "react";

import type { Description, Sample } from "../../api/types";
import { formatValue } from "../../heatmap";
import { isOwn } from "../../state/own";
import { TESTID } from "../../testids";
import { noticeText, useText, type Text } from "../../text";
import { useSubject } from "../workspace";
import classes from "./own.module.css";

type Edited = NonNullable<Sample["edit"]>;

/** What a sample is called in a sentence. */
export function nameOf(text: Text, sample: Sample, description: Description): string {
  if (sample.edit) return describeEdit(text, sample.edit, description);
  if (isOwn(sample.index)) return sample.name ?? text.own.yourSample;
  return text.sample.image(sample.index, sample.label?.name ?? null);
}

/** The same without the label: "sample 3". */
export function shortNameOf(text: Text, sample: Sample, description: Description): string {
  return isOwn(sample.index) ? nameOf(text, sample, description) : text.share.sampleName(sample.index);
}

/** "edited from #3: 12 % erased, filled with blur", "edited from #3: hue 1.2" */
export function describeEdit(text: Text, edit: Edited, description: Description): string {
  const source = isOwn(edit.sample) ? text.own.yourSample : text.sample.number(edit.sample);
  if (edit.kind === "erase")
    return text.edit.from(source, text.edit.percent(edit.share), fillWords(text, edit, description));
  if (edit.kind === "text") return text.edit.retyped(source);
  const form = description.features.find(({ name }) => name === edit.feature)?.form;
  const units = new Map(
    form?.kind === "row" ? form.fields.map((field) => [field.name, "unit" in field ? field.unit : null]) : [],
  );
  const values = Object.entries(edit.values).map(([name, value]) => {
    const shown = typeof value === "number" ? formatValue(value, 4) : value;
    return [name, shown, units.get(name) ?? ""].filter((part) => part !== "").join(" ");
  });
  return text.edit.revalued(source, values.join(text.separator));
}

function fillWords(text: Text, { fill, feature }: Edited & { kind: "erase" }, description: Description): string {
  const words = text.edit.fillWords;
  if (fill.kind === "blur") return words.blur;
  if (fill.kind === "colour")
    return words.colour(`#${fill.colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`);
  const baseline = fill.baseline ?? "zero";
  const baselines = description.features.find(({ name }) => name === feature)?.baselines ?? [];
  return words.baseline(baselines.find(({ id }) => id === baseline)?.name ?? baseline);
}

/** The head of a card: a number, or whose it is and where it is from. */
export function SampleName({ sample }: { sample: Sample }): ReactElement {
  const text = useText();
  const { description } = useSubject();
  if (!isOwn(sample.index)) return <>{text.sample.number(sample.index)}</>;
  return (
    <span className={classes.name}>
      {!sample.edit && <span className={classes.yours}>{text.own.yours}</span>}
      <span className={classes.words} title={nameOf(text, sample, description)}>
        {nameOf(text, sample, description)}
      </span>
    </span>
  );
}

/** What to know of a sample of one's own. */
export function OwnNotices({ sample }: { sample: Pick<Sample, "notices"> }): ReactElement | null {
  const text = useText();
  if (!sample.notices?.length) return null;
  return (
    <div className={classes.notices} role="status" data-testid={TESTID.ownNotices}>
      {sample.notices.map((notice) => (
        <p key={notice.message}>{noticeText(text, notice)}</p>
      ))}
    </div>
  );
}
