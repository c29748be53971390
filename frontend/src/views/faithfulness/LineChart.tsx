import { useElementSize } from "@mantine/hooks";
import { useState, type KeyboardEvent, type PointerEvent, type ReactElement } from "react";

import { formatValue } from "../../heatmap";
import { TESTID } from "../../testids";
import { bandPath, domainOf, linePath, nearest, ticks, xOf, yOf, type Box, type Domain, type Line } from "./chart";
import classes from "./LineChart.module.css";

export interface Series extends Line {
  readonly id: "map" | "edges" | "random";
  readonly name: string;
}

interface LineChartProps {
  shares: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
  axis: string;
  percent: (percent: number) => string;
  /** What the chart shows, for those who cannot see it. */
  label: string;
  /** What the arrow keys do. */
  explore: string;
  /** "35 % removed: this map −1.2, …" */
  readout: (place: number) => string;
}

const HEIGHT = 190;

/** Lines over the share of squares; pointer and arrow keys read their values. */
export function LineChart(props: LineChartProps): ReactElement {
  const { shares, series, label, explore, readout } = props;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [place, setPlace] = useState<number | null>(null);
  const domain = domainOf(series);
  const labels = ticks(domain).map((value) => ({ value, words: formatValue(value) }));
  const box: Box = {
    width: Math.max(width, 200),
    height: HEIGHT,
    left: 14 + 6.2 * Math.max(...labels.map(({ words }) => words.length), 1),
    right: 10,
    top: 8,
    bottom: 34,
  };
  const last = shares.length - 1;

  const point = (event: PointerEvent<HTMLDivElement>): void => {
    const bounds = event.currentTarget.getBoundingClientRect();
    setPlace(nearest(box, shares, event.clientX - bounds.left));
  };
  const press = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? Math.ceil(last / 10) : 1;
    const from = place ?? 0;
    const next: Record<string, number> = {
      ArrowRight: from + step,
      ArrowUp: from + step,
      ArrowLeft: from - step,
      ArrowDown: from - step,
      Home: 0,
      End: last,
    };
    const to = next[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setPlace(Math.min(Math.max(to, 0), last));
  };

  return (
    <div className={classes.chart} data-testid={TESTID.chart}>
      <div
        ref={ref}
        className={classes.plot}
        role="slider"
        tabIndex={0}
        aria-label={explore}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={place ?? 0}
        aria-valuetext={readout(place ?? 0)}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setPlace(null)}
        onKeyDown={press}
      >
        <svg width={box.width} height={box.height} role="img" aria-label={label}>
          <Axes {...props} box={box} domain={domain} labels={labels} />
          {series.map((line) => (
            <path
              key={line.id}
              className={classes.band}
              data-series={line.id}
              d={bandPath(box, domain, shares, line)}
            />
          ))}
          {/* The map's own last, on top. */}
          {[...series].reverse().map(({ id, values }) => (
            <path key={id} className={classes.line} data-series={id} d={linePath(box, domain, shares, values)} />
          ))}
          {place !== null && (
            <Marks series={series} box={box} domain={domain} place={place} share={shares[place] ?? 0} />
          )}
        </svg>
      </div>
      <p className={classes.readout} aria-hidden="true" data-empty={place === null}>
        {readout(place ?? 0)}
      </p>
    </div>
  );
}

interface AxesProps extends LineChartProps {
  box: Box;
  domain: Domain;
  labels: readonly { value: number; words: string }[];
}

function Axes({ box, domain, labels, format, axis, percent }: AxesProps): ReactElement {
  const floor = box.height - box.bottom;
  return (
    <g className={classes.axes} aria-hidden="true">
      {labels.map(({ value }) => {
        const y = yOf(box, domain, value);
        return (
          <g key={value}>
            <line x1={box.left} x2={box.width - box.right} y1={y} y2={y} data-zero={value === 0} />
            <text x={box.left - 6} y={y} textAnchor="end" dominantBaseline="central">
              {format(value)}
            </text>
          </g>
        );
      })}
      {[0, 0.5, 1].map((share) => (
        <text
          key={share}
          x={xOf(box, share)}
          y={floor + 14}
          textAnchor={share === 0 ? "start" : share === 1 ? "end" : "middle"}
        >
          {percent(100 * share)}
        </text>
      ))}
      <text x={xOf(box, 0.5)} y={box.height - 4} textAnchor="middle">
        {axis}
      </text>
    </g>
  );
}

interface MarksProps {
  series: readonly Series[];
  box: Box;
  domain: Domain;
  place: number;
  share: number;
}

function Marks({ series, box, domain, place, share }: MarksProps): ReactElement {
  const x = xOf(box, share);
  return (
    <g aria-hidden="true">
      <line className={classes.guide} x1={x} x2={x} y1={box.top} y2={box.height - box.bottom} />
      {series.map(({ id, values }) => (
        <circle
          key={id}
          className={classes.mark}
          data-series={id}
          cx={x}
          cy={yOf(box, domain, values[place] ?? 0)}
          r={3.5}
        />
      ))}
    </g>
  );
}
