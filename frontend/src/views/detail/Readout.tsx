import type { ReactElement } from "react";

import { useImage } from "../../api/queries";
import type { SampleFeature } from "../../api/types";
import { subjectOf, type FeatureProps } from "../../features/types";
import { cellAt, formatShare, formatValue, magnitudeRank, type HeatMap, type Point } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import classes from "./Inspected.module.css";
import { useMarks } from "./marks";

interface ReadoutProps extends Omit<FeatureProps, "over"> {
  /** Null where there is nothing to read. */
  map: HeatMap | null;
}

/** The value under the cursor. */
export function Readout(props: ReadoutProps): ReactElement {
  const { feature, map } = props;
  const text = useText();
  const [{ cursor }] = useMarks(feature.name);
  const picture = useImage(subjectOf(props)).data;
  const words = text.detail.readout;
  const colour = cursor && picture ? colourAt(picture.rgba, picture.width, cursor) : null;
  return (
    <output className={classes.readout} aria-label={words.region} data-testid={TESTID.readout}>
      {cursor === null ? (
        words.hint
      ) : (
        <>
          {colour !== null && <span className={classes.swatch} style={{ background: colour }} />}
          <span className={classes.place}>{words.at(cursor.x, cursor.y)}</span>
          {map && <Value map={map} cursor={cursor} feature={feature} />}
        </>
      )}
    </output>
  );
}

function Value({ map, cursor, feature }: { map: HeatMap; cursor: Point; feature: SampleFeature }): ReactElement {
  const text = useText();
  const words = text.detail.readout;
  const cell = cellAt(map, cursor, feature);
  const value = map.values[cell.y * map.width + cell.x] ?? 0;
  const coarse = map.width !== feature.width || map.height !== feature.height;
  return (
    <>
      {coarse && <span>{words.cell(cell.x, cell.y, map.width, map.height)}</span>}
      <strong data-value={value}>{formatValue(value)}</strong>
      <span className={classes.rank}>{words.rank(formatShare(magnitudeRank(map.values, value)))}</span>
    </>
  );
}

function colourAt(rgba: Uint8ClampedArray, width: number, { x, y }: Point): string {
  const at = 4 * (y * width + x);
  return `rgb(${rgba[at] ?? 0} ${rgba[at + 1] ?? 0} ${rgba[at + 2] ?? 0})`;
}
