import { useMemo, type ReactElement } from "react";

import type { SampleFeature } from "../../api/types";
import { cellAt, colourScale, formatValue, histogram, type HeatMap, type ScaleId } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { Fact } from "./Fact";
import classes from "./Facts.module.css";
import { useMarks } from "./marks";

interface HistogramChartProps {
  values: Float32Array;
  map: HeatMap;
  feature: SampleFeature;
  /** Where the colours end. */
  limit: number | null;
  scale: ScaleId;
}

const HEIGHT = 100;
/** Closer to an end than this, 0 would be written over it. */
const NEAR = 0.15;

/** How often which value occurs. Most lie close to 0, so heights are logarithmic. */
export function HistogramChart({
  values,
  map,
  feature,
  limit,
  scale: scaleId,
}: HistogramChartProps): ReactElement | null {
  const text = useText();
  const words = text.detail.distribution;
  const counted = useMemo(() => histogram(values), [values]);
  const [{ cursor }] = useMarks(feature.name);
  if (!counted) return null;
  const { edges, counts, total } = counted;
  const [low, high] = [edges[0] ?? 0, edges[edges.length - 1] ?? 0];
  const most = Math.max(...counts);
  const scale = colourScale(scaleId);
  const place = (value: number): number => (value - low) / (high - low);
  const fill = (sign: 1 | -1): string => (scale.signed ? `rgb(${scale.tint(sign).join(" ")})` : "var(--bar-strong)");
  const cell = cursor && !map.units ? cellAt(map, cursor, feature) : null;
  const value = cell ? (map.values[cell.y * map.width + cell.x] ?? null) : null;
  const limits = limit === null ? [] : [-limit, limit].filter((end) => end > low && end < high);
  return (
    <Fact title={words.title} testid={TESTID.histogram}>
      <svg
        className={classes.histogram}
        viewBox={`0 0 ${counts.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.label(
          total,
          formatValue(map.units ? low : map.minimum),
          formatValue(map.units ? high : map.maximum),
        )}
      >
        {counts.map((count, i) => {
          const height = (HEIGHT * Math.log1p(count)) / Math.log1p(most);
          return (
            <rect
              key={i}
              x={i}
              width={1}
              y={HEIGHT - height}
              height={height}
              fill={fill((edges[i] ?? 0) < 0 ? -1 : 1)}
              data-low={edges[i]}
              data-count={count}
            />
          );
        })}
        {limits.map((end) => (
          <Line key={end} className={classes.limit} x={counts.length * place(end)} />
        ))}
        {value !== null && <Line className={classes.cursor} x={counts.length * place(value)} />}
      </svg>
      <div className={classes.axis} aria-hidden="true">
        <span>{formatValue(low)}</span>
        {place(0) > NEAR && place(0) < 1 - NEAR && (
          <span className={classes.zero} style={{ left: `${100 * place(0)}%` }}>
            0
          </span>
        )}
        <span>{formatValue(high)}</span>
      </div>
      <p className={classes.hint}>{[words.count(most), ...(limits.length > 0 ? [words.limit] : [])].join("; ")}</p>
    </Fact>
  );
}

function Line({ x, className }: { x: number; className: string | undefined }): ReactElement {
  return <line className={className} x1={x} x2={x} y1={0} y2={HEIGHT} />;
}
