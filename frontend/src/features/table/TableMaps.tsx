import { useMemo, useState, type ReactElement } from "react";

import { colourScale, formatValue } from "../../heatmap";
import { TESTID } from "../../testids";
import { useText } from "../../text";
import { MarkPanels, type MarkPanel } from "../MarkPanels";
import { barColour, strength } from "../shade";
import { useEvidenceOf } from "../text/evidence";
import { Message, Titled } from "../Titled";
import type { MapsProps } from "../types";
import { LineLabel } from "./LineLabel";
import { linesOf, valuedLines, type TableFeature, type ValuedLine } from "./rows";
import classes from "./table.module.css";

const MOST = 20;

/** The numbers of a row as signed bars, the largest first. */
export function TableMaps(props: MapsProps<TableFeature>): ReactElement {
  const { result, feature } = props;
  const lines = useMemo(() => valuedLines(result, feature), [result, feature]);
  const values = useMemo(() => lines && Float32Array.from(lines, ({ attribution }) => attribution), [lines]);
  return (
    <MarkPanels {...props} values={values}>
      {(panel) => <Panel {...props} {...panel} key={panel.panel} lines={linesOf(lines ?? [], panel.sign)} />}
    </MarkPanels>
  );
}

interface PanelProps extends Omit<MapsProps<TableFeature>, "sign">, MarkPanel {
  lines: readonly ValuedLine[];
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
                <LineLabel line={line} />
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
