import { useId, useLayoutEffect, useRef, type ReactElement } from "react";

import { TESTID } from "../../testids";
import classes from "./image.module.css";

interface PixelCanvasProps {
  width: number;
  height: number;
  /** Fills the canvas; a new function redraws. */
  paint: (out: Uint32Array) => void;
  label: string;
  /** What is to be seen, for those who cannot see it. */
  description?: string | undefined;
  kind: string;
}

/** Larger pictures are shrunk on the page and smoothed; smaller ones keep square pixels. */
const SMALL = 160;

/** One pixel of the canvas for each pixel of the image. */
export function PixelCanvas({ width, height, paint, label, description, kind }: PixelCanvasProps): ReactElement {
  const ref = useRef<HTMLCanvasElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    paint(new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
  }, [width, height, paint]);
  return (
    <>
      <canvas
        ref={ref}
        width={width}
        height={height}
        role="img"
        aria-label={label}
        aria-describedby={description === undefined ? undefined : id}
        className={classes.canvas}
        data-pixelated={Math.max(width, height) <= SMALL}
        data-testid={TESTID.panel}
        data-panel={kind}
      />
      {description !== undefined && (
        <span id={id} hidden>
          {description}
        </span>
      )}
    </>
  );
}
