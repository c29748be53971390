import { useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from "react";

import { boxBetween, maskOutline, nudgeBox, withBox, withStroke, type Box, type Mask, type Point } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import classes from "./edit.module.css";
import type { Editing } from "./useEditing";

export type Tool = "box" | "brush";

interface SurfaceProps {
  editing: Editing;
  tool: Tool;
  /** The brush's diameter in pixels of the image. */
  size: number;
  original: string;
  /** The edited image as the model sees it; null while it is not that of the present mask. */
  preview: string | null;
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Images of few pixels keep square ones. */
const SMALL = 160;

/** The image, to be drawn on with a pointer or with keys. */
export function Surface({ editing, tool, size, original, preview }: SurfaceProps): ReactElement {
  const text = useText();
  const { mask } = editing;
  const { width, height } = mask;
  const [box, setBox] = useState<Box>(() => firstBox(mask));
  const stroke = useRef<Stroke | null>(null);

  const draw = ({ base, from, last }: Stroke, to: Point): Mask =>
    tool === "box" ? withBox(base, boxBetween(from, to, base)) : withStroke(base, last, to, size);
  const onDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const at = pointOf(event, mask);
    stroke.current = { base: mask, from: at, last: at };
    editing.sketch(draw(stroke.current, at));
  };
  const onMove = (event: PointerEvent<HTMLDivElement>): void => {
    if (!stroke.current) return;
    const at = pointOf(event, mask);
    const drawn = draw(stroke.current, at);
    stroke.current = { ...stroke.current, last: at, base: tool === "brush" ? drawn : stroke.current.base };
    editing.sketch(drawn);
  };
  const onUp = (event: PointerEvent<HTMLDivElement>): void => {
    if (!stroke.current) return;
    const drawn = draw(stroke.current, pointOf(event, mask));
    stroke.current = null;
    editing.commit(drawn);
  };
  const onCancel = (): void => {
    stroke.current = null;
    editing.sketch(null);
  };
  const onKey = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = Math.max(1, Math.round(Math.min(width, height) / 32));
      setBox(nudgeBox(box, step * arrow[0], step * arrow[1], event.shiftKey, mask));
    } else if (event.key === "Enter" || event.key === " ") editing.commit(withBox(mask, box));
    else return;
    event.preventDefault();
  };

  const outline = maskOutline(mask.data, width, height);
  return (
    <div
      className={classes.surface}
      style={{ aspectRatio: width / height }}
      data-pixelated={Math.max(width, height) <= SMALL}
      data-testid={TESTID.editSurface}
      role="application"
      aria-label={text.edit.surface}
      aria-describedby="edit-keys"
      tabIndex={0}
      onPointerDown={onDown}
      onPointerMove={onMove}
      onPointerUp={onUp}
      onPointerCancel={onCancel}
      onKeyDown={onKey}
    >
      <img src={preview ?? original} alt="" draggable={false} />
      {preview === null && <Tint mask={mask} />}
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <path className={classes.under} d={outline} />
        <path className={classes.over} d={outline} />
        <rect className={classes.cursor} x={box.x} y={box.y} width={box.width} height={box.height} />
      </svg>
    </div>
  );
}

interface Stroke {
  readonly base: Mask;
  readonly from: Point;
  readonly last: Point;
}

function firstBox({ width, height }: Mask): Box {
  const side = Math.max(1, Math.round(Math.min(width, height) / 4));
  return { x: Math.floor((width - side) / 2), y: Math.floor((height - side) / 2), width: side, height: side };
}

function pointOf(event: PointerEvent<HTMLDivElement>, { width, height }: Mask): Point {
  const area = event.currentTarget.getBoundingClientRect();
  return {
    x: ((event.clientX - area.left) / area.width) * width,
    y: ((event.clientY - area.top) / area.height) * height,
  };
}

const TINT = [92, 59, 196, 150] as const;

/** What is erased, until it can be seen as the model sees it. */
function Tint({ mask }: { mask: Mask }): ReactElement {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height, data } = mask;
  useLayoutEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    data.forEach((value, i) => {
      if (value !== 0) image.data.set(TINT, 4 * i);
    });
    context.putImageData(image, 0, 0);
  }, [width, height, data]);
  return <canvas ref={ref} width={width} height={height} aria-hidden="true" />;
}
