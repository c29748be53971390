import type { ReactElement, ReactNode } from "react";

import { colourLimit, isAllZero, type Sign } from "../heatmap";
import type { PanelId } from "../state/page";
import { useText } from "../text";
import { UnitBars } from "./image/UnitBars";
import { panelSigns } from "./panels";
import { Message } from "./Titled";
import type { MapsProps } from "./types";

export interface MarkPanel {
  readonly panel: PanelId;
  readonly sign: Sign;
  /** Where the colours end. */
  readonly limit: number;
}

interface MarkPanelsProps extends MapsProps {
  /** Of what is coloured; null where there is no map. */
  values: Float32Array | null;
  children: (panel: MarkPanel) => ReactNode;
}

/** The ticked panels of words or lines, or why there are none; a layer without places has its units instead. */
export function MarkPanels(props: MarkPanelsProps): ReactElement | null {
  const { result, feature, display, sign, sharedLimit, values, name, children } = props;
  const text = useText();
  const map = result.maps[feature.name];
  if (!map || !values) return null;
  if (map.nonFinite > 0) return <Message>{text.map.nonFinite(map.nonFinite)}</Message>;
  if (isAllZero(map)) return <Message>{text.map.allZero}</Message>;
  if (map.units) return <UnitBars units={map.units} scale={display.scale} name={name} />;
  const limit = sharedLimit ?? colourLimit(values, sign, display.outlier);
  return <>{panelSigns(display, sign).map((panel) => children({ ...panel, limit }))}</>;
}
