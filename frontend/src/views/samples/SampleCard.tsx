import { memo, useState, type ReactElement } from "react";

import type { Sample } from "../../api/types";
import { rendererOf } from "../../features";
import { allLabels, verdict } from "../../state/labels";
import { isOwn } from "../../state/own";
import type { Display } from "../../state/page";
import { writeTarget } from "../../state/target";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { useExplainInstead } from "../actions";
import type { Column } from "../columns";
import { createMarks, MarksProvider } from "../detail/marks";
import { CursorPlace, CursorSurface } from "../grid/Cursor";
import { OpenButton } from "../OpenButton";
import type { SharedLimits } from "../shared";
import { CardActions } from "../own/CardActions";
import { nameOf, OwnNotices, SampleName } from "../own/SampleName";
import { useSubject, versionOf } from "../workspace";
import { MapCell } from "./MapCell";
import { Predictions } from "./Predictions";
import classes from "./SampleCard.module.css";

interface SampleCardProps {
  explorer: string;
  sample: Sample;
  columns: readonly Column[];
  display: Display;
  sharedLimits: SharedLimits;
  first: boolean;
}

/** One sample: its image once, then a cell for each column. */
export const SampleCard = memo(function SampleCard(props: SampleCardProps): ReactElement {
  const { sample, columns, display, sharedLimits, first } = props;
  const text = useText();
  const { description, settings } = useSubject();
  const reference = columns.find((column) => column.settings.id === settings.id) ?? null;
  const several = columns.length > 1;
  const [marks] = useState(createMarks);
  const original = display.panels.includes("original") && <Originals {...props} />;

  return (
    <article
      className={classes.card}
      aria-label={nameOf(text, sample, description)}
      data-testid={TESTID.sample}
      data-sample={sample.index}
    >
      <Head sample={sample} columns={columns} />
      <OwnNotices sample={sample} />
      <MarksProvider value={marks}>
        <div className={several ? classes.columns : undefined}>
          {several && (
            <div className={classes.lead}>
              {original}
              <ModelPredictions sample={sample} columns={columns} />
            </div>
          )}
          {columns.map((column, i) => (
            <MapCell
              key={column.settings.id}
              sample={sample}
              column={column}
              display={display}
              sharedLimits={sharedLimits}
              first={first && i === 0}
              leads={original === false && i === 0}
              reference={several ? reference : null}
              titled={several}
              before={several ? null : original}
            />
          ))}
        </div>
      </MarksProvider>
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
        column.settings === other.settings &&
        column.title === other.title &&
        column.current === other.current &&
        column.cell === other.cell
      );
    })
  );
}

/** What each model predicts, once for all of its columns. A click explains that class in those of one target. */
function ModelPredictions({ sample, columns }: Pick<SampleCardProps, "sample" | "columns">): ReactElement {
  const models = [...new Set(columns.map(({ settings }) => settings.model))];
  return (
    <>
      {models.map((model) => {
        const meant = followers(columns.filter(({ settings }) => settings.model === model));
        const item = meant[0]?.cell.shown?.item;
        return (
          <div key={model.name} className={classes.predictions}>
            {models.length > 1 && <h3 className={classes.model}>{model.name}</h3>}
            <Predictions
              sample={sample}
              model={model}
              columns={meant.map(({ settings }) => settings.id)}
              explained={item?.target ?? null}
              against={item?.against ?? null}
            />
          </div>
        );
      })}
    </>
  );
}

/** The first column, and those that explain the same as it: columns that differ in the target are to go on differing. */
function followers(columns: readonly Column[]): readonly Column[] {
  const target = (column: Column | undefined): string => (column ? writeTarget(column.settings.target) : "");
  return columns.filter((column) => target(column) === target(columns[0]));
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
            over={<CursorSurface feature={feature} name={text.display.panelNames.original} focusable />}
            corner={<CursorPlace feature={feature} />}
          />
        );
      })}
    </>
  );
}

function Head({ sample, columns }: { sample: Sample; columns: readonly Column[] }): ReactElement {
  const text = useText();
  const explain = useExplainInstead();
  const { description } = useSubject();
  const labels = allLabels(sample);
  const models = [...new Set(columns.map(({ settings }) => settings.model))];
  const wrong = models.filter((model) => verdict(sample, model, description) === false).map(({ name }) => name);
  const classed = followers(columns.filter(({ settings }) => settings.model.outputs !== 1));
  return (
    <header className={classes.head}>
      <h2 className={classes.number}>
        <SampleName sample={sample} />
      </h2>
      {labels.length === 0 && (sample.no_class || !isOwn(sample.index)) && (
        <span className={classes.noLabel}>{sample.no_class ? text.sample.noClass : text.sample.noLabel}</span>
      )}
      {labels.map(({ index, name }) =>
        index === null || classed.length === 0 ? (
          <span key={name} className={classes.label}>
            {name}
          </span>
        ) : (
          <button
            key={name}
            type="button"
            className={classes.label}
            aria-label={text.sample.explainLabel(name)}
            data-testid={TESTID.label}
            onClick={() =>
              explain(
                sample,
                classed.map(({ settings }) => settings.id),
                index,
              )
            }
          >
            {name}
          </button>
        ),
      )}
      {wrong.length > 0 && (
        <span className={classes.mistake}>
          {models.length > 1 && wrong.length < models.length
            ? text.sample.mistakeOf(wrong.join(text.separator))
            : text.sample.mistake}
        </span>
      )}
      <CardActions sample={sample} />
      <OpenButton sample={sample} />
    </header>
  );
}
