import { memo, type CSSProperties, type ReactElement } from "react";

import type { ModelDescription, Sample } from "../../api/types";
import { rendererOf } from "../../features";
import { sameCell, type Cell } from "../../state/launches";
import { isOwn } from "../../state/own";
import type { Display } from "../../state/page";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useExplainInstead } from "../actions";
import { OpenButton } from "../OpenButton";
import type { SharedLimits } from "../shared";
import { CardActions } from "../own/CardActions";
import { nameOf, SampleName } from "../own/SampleName";
import { useSubject, versionOf } from "../workspace";
import { MapCell } from "./MapCell";
import classes from "./SampleCard.module.css";

export interface Column {
  readonly model: ModelDescription;
  readonly cell: Cell;
  readonly current: boolean;
}

interface SampleCardProps {
  explorer: string;
  sample: Sample;
  columns: readonly Column[];
  display: Display;
  sharedLimits: SharedLimits;
  first: boolean;
}

/** One sample: its image once, then a column for each model. */
export const SampleCard = memo(function SampleCard(props: SampleCardProps): ReactElement {
  const { sample, columns, display, sharedLimits, first } = props;
  const text = useText();
  const { description } = useSubject();
  const several = columns.length > 1;
  const mapTiles = display.panels.filter((panel) => panel !== "original").length;
  const hasOriginal = display.panels.includes("original");
  const original = hasOriginal && <Originals {...props} />;

  return (
    <article
      className={classes.card}
      aria-label={nameOf(text, sample, description)}
      data-testid={TESTID.sample}
      data-sample={sample.index}
    >
      <Head sample={sample} columns={columns} />
      <div
        className={several ? classes.columns : undefined}
        style={{ "--column": `calc(${Math.max(mapTiles, 1)} * (var(--tile) + 0.625rem) - 0.625rem)` } as CSSProperties}
      >
        {several && original && <div className={classes.originals}>{original}</div>}
        {columns.map(({ model, cell, current }, i) => (
          <MapCell
            key={model.name}
            sample={sample}
            model={model}
            cell={cell}
            current={current}
            display={display}
            sharedLimits={sharedLimits}
            first={first && i === 0}
            titled={several}
            before={several ? null : original}
          />
        ))}
      </div>
    </article>
  );
}, sameProps);

function sameProps(before: SampleCardProps, after: SampleCardProps): boolean {
  return (
    before.sample === after.sample &&
    before.display === after.display &&
    before.sharedLimits === after.sharedLimits &&
    before.first === after.first &&
    before.columns.length === after.columns.length &&
    before.columns.every((column, i) => {
      const other = after.columns[i];
      return (
        other !== undefined &&
        column.model === other.model &&
        column.current === other.current &&
        sameCell(column.cell, other.cell)
      );
    })
  );
}

function Originals({ explorer, sample, display }: SampleCardProps): ReactElement {
  const text = useText();
  const { description } = useSubject();
  return (
    <>
      {sample.features.map((feature) => {
        const { Original } = rendererOf(feature);
        return (
          <Original
            key={feature.name}
            explorer={explorer}
            sample={sample.index}
            version={versionOf(description, sample)}
            feature={feature}
            display={display}
            name={nameOf(text, sample, description)}
          />
        );
      })}
    </>
  );
}

function Head({ sample, columns }: { sample: Sample; columns: readonly Column[] }): ReactElement {
  const text = useText();
  const explain = useExplainInstead();
  const { label } = sample;
  const verdicts = columns.map(({ model }) => verdict(sample, model));
  const wrong = columns.filter((_, i) => verdicts[i] === false).map(({ model }) => model.name);
  const models = columns.filter(({ model }) => model.outputs !== 1).map(({ model }) => model.name);
  return (
    <header className={classes.head}>
      <h2 className={classes.number}>
        <SampleName sample={sample} />
      </h2>
      {label === null ? (
        !isOwn(sample.index) && <span className={classes.noLabel}>{text.sample.noLabel}</span>
      ) : label.index === null || models.length === 0 ? (
        <span className={classes.label}>{label.name}</span>
      ) : (
        <button
          type="button"
          className={classes.label}
          aria-label={text.sample.explainLabel(label.name)}
          data-testid={TESTID.label}
          onClick={() => label.index !== null && explain(sample, models, label.index)}
        >
          {label.name}
        </button>
      )}
      {wrong.length > 0 && (
        <span className={classes.mistake}>
          {columns.length > 1 && wrong.length < columns.length
            ? text.sample.mistakeOf(wrong.join(text.separator))
            : text.sample.mistake}
        </span>
      )}
      <CardActions sample={sample} />
      <OpenButton sample={sample.index} />
    </header>
  );
}

/** Whether the model's first prediction is the label; null where that cannot be told. */
function verdict(sample: Sample, model: ModelDescription): boolean | null {
  const top = sample.predictions[model.name]?.[0];
  const label = sample.label?.index ?? null;
  return top && label !== null && model.outputs !== 1 ? top.index === label : null;
}
