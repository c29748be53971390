import type { ReactElement } from "react";

import type { Description, Sample } from "../../api/types";
import { isOwn } from "../../state/own";
import { useText, type Text } from "../../text";
import { useSubject } from "../workspace";
import classes from "./own.module.css";

/** What a sample is called in a sentence. */
export function nameOf(text: Text, sample: Sample, description: Description): string {
  if (sample.edit) return describeEdit(text, sample.edit, description);
  if (isOwn(sample.index)) return sample.name ?? text.own.yourImage;
  return text.sample.image(sample.index, sample.label?.name ?? null);
}

/** "edited from #3: 12 % erased, filled with blur" */
export function describeEdit(text: Text, edit: NonNullable<Sample["edit"]>, description: Description): string {
  const source = isOwn(edit.sample) ? text.own.yourImage : text.sample.number(edit.sample);
  return text.edit.from(source, text.edit.percent(edit.share), fillWords(text, edit.fill, description));
}

function fillWords(text: Text, fill: NonNullable<Sample["edit"]>["fill"], description: Description): string {
  const words = text.edit.fillWords;
  if (fill.kind === "blur") return words.blur;
  if (fill.kind === "colour")
    return words.colour(`#${fill.colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`);
  const baseline = fill.baseline ?? "zero";
  return words.baseline(description.baselines.find(({ id }) => id === baseline)?.name ?? baseline);
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
