import type { KeyboardEvent, PointerEvent, ReactElement } from "react";

import type { SampleFeature } from "../../api/types";
import { cellAt, formatValue, type HeatMap, type Point } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { clamp, NO_MARKS, pressed, useMarks, useMarksStore } from "../detail/marks";
import classes from "./grid.module.css";
import { reveal, SURFACE } from "./zoom";

interface CursorSurfaceProps {
  feature: SampleFeature;
  /** What lies beneath. */
  name: string;
  /** One of each row takes the keyboard. */
  focusable: boolean;
}

/** Lies over a panel: points at a pixel, which is marked in every panel of the row and read out of every map. */
export function CursorSurface({ feature, name, focusable }: CursorSurfaceProps): ReactElement {
  const text = useText();
  const store = useMarksStore();
  const set = (cursor: Point | null): void => {
    const all = store.get();
    const marks = all[feature.name] ?? NO_MARKS;
    if (marks.cursor?.x === cursor?.x && marks.cursor?.y === cursor?.y) return;
    store.set({ ...all, [feature.name]: { ...marks, cursor } });
  };
  const point = ({ currentTarget, clientX, clientY }: PointerEvent): void => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const x = Math.floor(((clientX - left) / width) * feature.width);
    const y = Math.floor(((clientY - top) / height) * feature.height);
    set(clamp({ x, y }, feature));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const next = pressed(store.get()[feature.name] ?? NO_MARKS, event.key, false, feature);
    if (!next?.cursor) return;
    event.preventDefault();
    set(next.cursor);
    reveal(next.cursor, feature);
  };
  return (
    <div
      className={classes.surface}
      {...{ [SURFACE]: feature.name }}
      {...(focusable && {
        role: "application",
        tabIndex: 0,
        "aria-label": text.columns.cursor.surface(name),
        onKeyDown,
        onBlur: () => set(null),
      })}
      data-testid={TESTID.cursorSurface}
      onPointerDown={point}
      onPointerMove={point}
      // A finger that is lifted leaves what it has pointed at to be read.
      onPointerLeave={({ pointerType }) => pointerType !== "touch" && set(null)}
    >
      <Marker feature={feature} />
    </div>
  );
}

/** Dark beneath light, to be seen on every colour. */
function Marker({ feature }: { feature: SampleFeature }): ReactElement | null {
  const [{ cursor }] = useMarks(feature.name);
  if (!cursor) return null;
  const box = { x: cursor.x, y: cursor.y, width: 1, height: 1 };
  return (
    <svg
      viewBox={`0 0 ${feature.width} ${feature.height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-testid={TESTID.marker}
      data-x={cursor.x}
      data-y={cursor.y}
    >
      <rect {...box} className={classes.under} />
      <rect {...box} className={classes.over} />
    </svg>
  );
}

/** Which pixel it is; for the image itself. */
export function CursorPlace({ feature }: { feature: SampleFeature }): ReactElement | null {
  const text = useText();
  const [{ cursor }] = useMarks(feature.name);
  return cursor && <output className={classes.value}>{text.columns.cursor.at(cursor.x, cursor.y)}</output>;
}

interface CursorValueProps {
  feature: SampleFeature;
  map: HeatMap;
  /** The column's. */
  title: string;
}

/** A map's value at the cursor: of its own cell there, where it is coarser than the image. */
export function CursorValue({ feature, map, title }: CursorValueProps): ReactElement | null {
  const [{ cursor }] = useMarks(feature.name);
  if (!cursor) return null;
  const { x, y } = cellAt(map, cursor, feature);
  const value = map.values[y * map.width + x] ?? NaN;
  return (
    <output className={classes.value} aria-label={title} data-testid={TESTID.cursorValue} data-value={value}>
      {formatValue(value)}
    </output>
  );
}
