import { useLayoutEffect, useRef, type ReactElement } from "react";

import { barEnds, formatValue, paintBar, type BarStyle, type ColourScale, type Sign } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import classes from "./image.module.css";

interface ColourBarProps {
  scale: ColourScale;
  sign: Sign;
  limit: number;
  style: BarStyle;
  opacity: number;
}

const LENGTH = 128;

/** The colours of one panel and the values they stand for. */
export function ColourBar({ scale, sign, limit, style, opacity }: ColourBarProps): ReactElement {
  const text = useText();
  const ref = useRef<HTMLCanvasElement>(null);
  const [low, high] = barEnds(scale, sign, limit, style);

  useLayoutEffect(() => {
    const context = ref.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(LENGTH, 1);
    const ends = limit > 0 ? ([low / limit, high / limit] as const) : ([0, 0] as const);
    paintBar(ends, scale, style, opacity, new Uint32Array(image.data.buffer));
    context.putImageData(image, 0, 0);
  }, [low, high, limit, scale, style, opacity]);

  return (
    <div
      className={classes.bar}
      role="img"
      aria-label={text.map.colourBar(formatValue(low), formatValue(high))}
      data-testid={TESTID.colourBar}
      data-low={low}
      data-high={high}
    >
      <canvas ref={ref} width={LENGTH} height={1} className={classes.strip} />
      <div className={classes.ticks} aria-hidden="true">
        <span>{formatValue(low)}</span>
        {low < 0 && high > 0 && <span>0</span>}
        <span>{formatValue(high)}</span>
      </div>
    </div>
  );
}
