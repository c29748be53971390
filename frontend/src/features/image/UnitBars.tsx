import { useMemo, type ReactElement } from "react";

import { colourScale, formatValue, rankChannels, type ScaleId } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { describeUnits } from "../../text/describeMap";
import classes from "./UnitBars.module.css";

interface UnitBarsProps {
  units: Float32Array;
  scale: ScaleId;
  /** "Layer Integrated Gradients for 'cat'" */
  name: string;
  /** Where units can be picked. */
  picked?: number | null;
  onPick?: (unit: number) => void;
}

const MOST = 20;

/** The largest units of a vector as signed bars: they have no place in the image. */
export function UnitBars({ units, scale, name, picked = null, onPick }: UnitBarsProps): ReactElement {
  const text = useText();
  const ranked = useMemo(() => rankChannels({ shape: [units.length, 1, 1], data: units }), [units]);
  const shown = ranked.slice(0, MOST);
  const most = shown[0]?.magnitude ?? 0;
  const { signed, tint } = colourScale(scale);
  const fill = (value: number): string =>
    signed ? `rgb(${tint(Math.sign(value)).map(Math.round).join(" ")})` : "var(--bar-strong)";
  const bar = (index: number, sum: number): ReactElement => (
    <>
      <span className={classes.index}>{index}</span>
      <span className={classes.track}>
        <span
          className={classes.fill}
          data-negative={sum < 0}
          style={{ width: `${most > 0 ? (50 * Math.abs(sum)) / most : 0}%`, background: fill(sum) }}
        />
      </span>
      <span className={classes.value}>{formatValue(sum)}</span>
    </>
  );
  return (
    <div
      className={classes.units}
      data-testid={TESTID.units}
      role="group"
      aria-label={`${name}. ${describeUnits(text, units)}`}
    >
      <p className={classes.head}>
        {shown.length < ranked.length
          ? text.detail.channels.shown(shown.length, ranked.length)
          : text.detail.channels.all(ranked.length)}
      </p>
      <ol className={classes.list}>
        {shown.map(({ index, sum }) => (
          <li key={index} data-testid={TESTID.unit} data-unit={index} data-value={sum}>
            {onPick ? (
              <button
                type="button"
                className={classes.row}
                aria-pressed={picked === index}
                onClick={() => onPick(index)}
              >
                <span className="visually-hidden">{text.detail.channels.unit(index)}: </span>
                {bar(index, sum)}
              </button>
            ) : (
              <span className={classes.row}>{bar(index, sum)}</span>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
