import { useState, type KeyboardEvent, type PointerEvent, type ReactElement } from "react";

import type { Region } from "../../api/types";
import type { Point } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { clamp, dragged, NO_MARKS, pressed, type Extent, type Marks } from "../detail/marks";
import classes from "./ClassMap.module.css";

interface PlaceSurfaceProps {
  /** Columns and rows of the map. */
  extent: Extent;
  /** What is explained. */
  chosen: Region | null;
  describe: (region: Region) => string;
  onChoose: (region: Region) => void;
}

const placeOf = ({ x, y }: Point): Region => ({ left: x, top: y, right: x + 1, bottom: y + 1 });

/** Lies over a map: a click chooses a place, a drag a region; with the keyboard, Enter what the arrows lead to. */
export function PlaceSurface({ extent, chosen, describe, onChoose }: PlaceSurfaceProps): ReactElement {
  const text = useText();
  const [marks, setMarks] = useState<Marks>(NO_MARKS);
  const pointed: Region | null = marks.rectangle ?? (marks.cursor && placeOf(marks.cursor));
  const pixelAt = ({ currentTarget, clientX, clientY }: PointerEvent): Point => {
    const box = currentTarget.getBoundingClientRect();
    const x = Math.floor(((clientX - box.left) / box.width) * extent.width);
    const y = Math.floor(((clientY - box.top) / box.height) * extent.height);
    return clamp({ x, y }, extent);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const next = pressed(marks, event.key, event.shiftKey, extent);
    if (next) setMarks(event.shiftKey ? next : { ...next, rectangle: null });
    else if ((event.key === "Enter" || event.key === " ") && pointed) onChoose(pointed);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <>
      <div
        className={classes.surface}
        data-testid={TESTID.classSurface}
        role="application"
        tabIndex={0}
        aria-label={text.outputs.surface}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          const cursor = pixelAt(event);
          setMarks({ cursor, anchor: cursor, rectangle: null });
        }}
        onPointerMove={(event) => setMarks(dragged(marks, pixelAt(event)))}
        onPointerUp={(event) => {
          if (marks.anchor === null) return;
          const { rectangle } = dragged(marks, pixelAt(event));
          setMarks({ ...NO_MARKS, cursor: marks.cursor });
          onChoose(rectangle ?? placeOf(marks.anchor));
        }}
        onPointerCancel={() => setMarks(NO_MARKS)}
        onPointerLeave={() => marks.anchor === null && setMarks(NO_MARKS)}
        onBlur={() => setMarks(NO_MARKS)}
      >
        <svg viewBox={`0 0 ${extent.width} ${extent.height}`} preserveAspectRatio="none" aria-hidden="true">
          {chosen && <Outline region={chosen} kind="chosen" />}
          {pointed && <Outline region={pointed} kind="pointed" />}
        </svg>
      </div>
      {pointed && (
        <output className={classes.readout} data-testid={TESTID.classReadout}>
          {describe(pointed)}
        </output>
      )}
    </>
  );
}

/** Dark beneath light, to be seen on every colour. */
function Outline({ region, kind }: { region: Region; kind: "chosen" | "pointed" }): ReactElement {
  const { left, top, right, bottom } = region;
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return (
    <>
      <rect {...box} className={classes.under} data-kind={kind} />
      <rect {...box} className={classes.over} data-kind={kind} />
    </>
  );
}
