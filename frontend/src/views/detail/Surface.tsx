import type { KeyboardEvent, PointerEvent, ReactElement } from "react";

import type { SampleFeature } from "../../api/types";
import type { Point } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import classes from "./Surface.module.css";
import { clamp, dragged, pressed, useMarks } from "./marks";

interface SurfaceProps {
  feature: SampleFeature;
  /** What lies beneath. */
  name: string;
}

/** Lies over a panel: the cursor that reads values out, and the rectangle that measures. */
export function Surface({ feature, name }: SurfaceProps): ReactElement {
  const text = useText();
  const [marks, change] = useMarks(feature.name);
  const { width, height } = feature;
  const { cursor, rectangle } = marks;

  const pixelAt = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * width);
    const y = Math.floor(((event.clientY - box.top) / box.height) * height);
    return clamp({ x, y }, feature);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = pressed(marks, event.key, event.shiftKey, feature);
    if (!next) return;
    event.preventDefault();
    change(() => next);
  };

  return (
    <div
      className={classes.surface}
      role="application"
      tabIndex={0}
      aria-label={text.detail.surface(name)}
      data-testid={TESTID.surface}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const pixel = pixelAt(event);
        change(() => ({ cursor: pixel, anchor: pixel, rectangle: null }));
      }}
      onPointerMove={(event) => {
        const pixel = pixelAt(event);
        if (pixel.x !== cursor?.x || pixel.y !== cursor.y) change((before) => dragged(before, pixel));
      }}
      onPointerUp={() => change((before) => ({ ...before, anchor: null }))}
      onPointerCancel={() => change((before) => ({ ...before, anchor: null }))}
    >
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" className={classes.marks}>
        {rectangle && (
          <>
            <path
              className={classes.shade}
              fillRule="evenodd"
              d={`M0 0H${width}V${height}H0ZM${rectangle.left} ${rectangle.top}V${rectangle.bottom}H${rectangle.right}V${rectangle.top}Z`}
            />
            <Outline {...{ x: rectangle.left, y: rectangle.top }} right={rectangle.right} bottom={rectangle.bottom} />
          </>
        )}
        {cursor && <Outline x={cursor.x} y={cursor.y} right={cursor.x + 1} bottom={cursor.y + 1} />}
      </svg>
    </div>
  );
}

/** Dark beneath light, to be seen on every colour. */
function Outline({ x, y, right, bottom }: Point & { right: number; bottom: number }): ReactElement {
  const box = { x, y, width: right - x, height: bottom - y };
  return (
    <>
      <rect {...box} className={classes.under} />
      <rect {...box} className={classes.over} />
    </>
  );
}
