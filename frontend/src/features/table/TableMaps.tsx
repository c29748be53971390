import { useMemo, useState, type ReactElement } from "react";

import { colourLimit, colourScale, formatValue, isAllZero, type Sign } from "../../heatmap";
import type { PanelId } from "../../state/page";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { UnitBars } from "../image/UnitBars";
import { panelSigns } from "../panels";
import { barColour, strength } from "../shade";
import { useEvidenceOf } from "../text/evidence";
import { Message, Titled } from "../Titled";
import type { MapsProps } from "../types";
import { linesOf, valuedLines, valueOf, type TableFeature, type ValuedLine } from "./rows";
import classes from "./table.module.css";

const MOST = 20;

/** The numbers of a row as signed bars, the largest first. */
export function TableMaps(props: MapsProps<TableFeature>): ReactElement | null {
  const { result, feature, display, sign, sharedLimit } = props;
  const text = useText();
  const map = result.maps[feature.name];
  const lines = useMemo(() => valuedLines(result, feature), [result, feature]);
  const values = useMemo(() => lines && Float32Array.from(lines, ({ attribution }) => attribution), [lines]);
  if (!map || !lines || !values) return null;
  if (map.nonFinite > 0) return <Message>{text.map.nonFinite(map.nonFinite)}</Message>;
  if (isAllZero(map)) return <Message>{text.map.allZero}</Message>;
  if (map.units) return <UnitBars units={map.units} scale={display.scale} name={props.name} />;
  const limit = sharedLimit ?? colourLimit(values, sign, display.outlier);
  return (
    <>
      {panelSigns(display, sign).map((panel) => (
        <Panel {...props} {...panel} key={panel.panel} lines={linesOf(lines, panel.sign)} limit={limit} />
      ))}
    </>
  );
}

interface PanelProps extends MapsProps<TableFeature> {
  panel: PanelId;
  sign: Sign;
  lines: readonly ValuedLine[];
  limit: number;
}

function Panel({ panel, sign, lines, limit, ...props }: PanelProps): ReactElement {
  const { feature, display, name } = props;
  const text = useText();
  const [all, showAll] = useState(false);
  const scale = colourScale(display.scale);
  const decides = useEvidenceOf(props);
  const title = text.features.panel(feature.name, panel);
  const shown = all ? lines : lines.slice(0, MOST);
  return (
    <Titled title={title}>
      {lines.length === 0 && <Message>{sign === "negative" ? text.map.noNegative : text.map.noPositive}</Message>}
      {lines.length > 0 && (
        <ul
          className={classes.list}
          aria-label={text.map.panel(title, name)}
          data-testid={TESTID.lines}
          data-panel={panel}
          data-feature={feature.name}
        >
          {shown.map((line) => {
            const drawn = strength(line.attribution, sign, limit);
            return (
              <li
                key={line.name}
                className={classes.line}
                data-name={line.name}
                data-value={line.attribution}
                data-evidence={line.places.some((at) => decides(at, at + 1))}
              >
                <span className={classes.label}>
                  <span className={classes.name} title={line.name}>
                    {line.name}
                  </span>
                  <span className={classes.value}>{valueOf(line)}</span>
                </span>
                <span className={classes.track} aria-hidden="true">
                  <span
                    className={classes.fill}
                    data-negative={drawn < 0}
                    style={{ width: `${50 * Math.abs(drawn)}%`, background: barColour(scale, drawn) }}
                  />
                </span>
                <span className={classes.attribution}>{formatValue(line.attribution)}</span>
              </li>
            );
          })}
        </ul>
      )}
      {lines.length > MOST && (
        <button type="button" className={classes.more} onClick={() => showAll(!all)} aria-expanded={all}>
          {all ? text.features.fewer : text.features.more(lines.length - MOST)}
        </button>
      )}
    </Titled>
  );
}
