import { useCallback, useMemo, type ReactElement } from "react";

import { toErrorBody } from "../../api/errors";
import type { Picture } from "../../api/image";
import { useImage } from "../../api/queries";
import {
  colourLimit,
  colourScale,
  isAllZero,
  paintStyle,
  panelSign,
  panelStyle,
  type BarStyle,
  type HeatMap,
  type MapPanel,
  type Sign,
} from "../../heatmap";
import type { Display } from "../../state/page";
import { useText, type Text } from "../../text";
import { describeMass } from "../../text/describeMap";
import { ErrorNote } from "../../views/ErrorNote";
import { subjectOf, type MapsProps } from "../types";
import { ColourBar } from "./ColourBar";
import { drawnValues } from "./drawn";
import { Evidence, Figure } from "./Figure";
import classes from "./image.module.css";
import { PixelCanvas } from "./PixelCanvas";
import { UnitBars } from "./UnitBars";

/** The ticked panels of one map, without the original. */
export function ImageMaps(props: MapsProps): ReactElement {
  const { result, feature, display, sign, sharedLimit } = props;
  const text = useText();
  const picture = useImage(subjectOf(props));
  const map = result.maps[feature.name];
  const values = useMemo(() => drawnValues(result, feature), [result, feature]);
  if (!map || !values) return <p className={classes.message}>{text.map.failed}</p>;
  if (map.nonFinite > 0) return <p className={classes.message}>{text.map.nonFinite(map.nonFinite)}</p>;
  if (isAllZero(map)) return <p className={classes.message}>{text.map.allZero}</p>;
  if (map.units) return <UnitBars units={map.units} scale={display.scale} name={props.name} />;
  if (picture.error)
    return (
      <ErrorNote
        compact
        title={text.sample.imageFailed}
        error={toErrorBody(picture.error)}
        onRetry={() => void picture.refetch()}
      />
    );

  const limit = sharedLimit ?? colourLimit(values, sign, display.outlier);
  const panels = display.panels.filter((panel): panel is MapPanel => panel !== "original");
  return (
    <>
      {panels.map((panel) => (
        <Panel
          {...props}
          key={panel}
          panel={panel}
          map={map}
          values={values}
          limit={limit}
          picture={picture.data ?? null}
        />
      ))}
    </>
  );
}

interface PanelProps extends MapsProps {
  panel: MapPanel;
  map: HeatMap;
  values: Float32Array;
  limit: number;
  picture: Picture | null;
}

function Panel({ panel, map, values, limit, picture, ...props }: PanelProps): ReactElement {
  const { feature, display, name } = props;
  const text = useText();
  const sign = panelSign(panel, props.sign);
  const style = panelStyle(panel);
  const scale = colourScale(display.scale);
  const paint = usePaint(values, sign, limit, style, display, picture);
  const title = text.display.panelNames[panel];
  const { width, height } = feature;
  const ready = style === "heat" || (picture?.width === width && picture.height === height);
  const words = wordsFor(text, sign, map);
  const description = useMemo(
    () => describeMass(text, values, width, height, sign),
    [text, values, width, height, sign],
  );
  return (
    <Figure
      title={title}
      above={
        <>
          {words !== null && <span className={classes.words}>{words}</span>}
          {ready && props.corner}
        </>
      }
      below={<ColourBar scale={scale} sign={sign} limit={limit} style={style} opacity={display.opacity} />}
    >
      {ready ? (
        <PixelCanvas
          width={width}
          height={height}
          paint={paint}
          label={text.map.panel(title, name)}
          description={description}
          kind={panel}
        />
      ) : (
        <div className={classes.placeholder} style={{ aspectRatio: width / height }} />
      )}
      <Evidence {...props} />
      {ready && props.over}
    </Figure>
  );
}

function usePaint(
  values: Float32Array,
  sign: Sign,
  limit: number,
  style: BarStyle,
  { scale: scaleId, opacity }: Display,
  picture: Picture | null,
): (out: Uint32Array) => void {
  // Opacity is the overlay's alone: moving it redraws nothing else.
  const alpha = style === "overlay" ? opacity : 1;
  return useCallback(
    (out: Uint32Array) => {
      paintStyle(style, values, { sign, limit }, colourScale(scaleId), alpha, picture, out);
    },
    [values, sign, limit, style, scaleId, alpha, picture],
  );
}

/** A panel that shows nothing says why. */
function wordsFor(text: Text, sign: Sign, map: HeatMap): string | null {
  if (sign === "positive" && map.maximum <= 0) return text.map.noPositive;
  return sign === "negative" && map.minimum >= 0 ? text.map.noNegative : null;
}
