import type { ReactElement } from "react";

import type { SampleFeature } from "../api/types";
import { colourScale, formatShare, formatValue } from "../heatmap";
import type { Display } from "../state/page";
import { TESTID } from "../testids";
import { useText } from "../text";
import { contributions } from "./netShares";
import { barColour } from "./shade";
import classes from "./table/table.module.css";
import { Titled } from "./Titled";
import type { Drawable } from "./types";

interface ContributionsProps {
  features: readonly SampleFeature[];
  result: Drawable;
  display: Display;
}

/** What each of several inputs adds, as bars; nothing where there is one input, or a layer's map. */
export function Contributions({ features, result, display }: ContributionsProps): ReactElement | null {
  const text = useText();
  const found = contributions(
    result.maps,
    features.map(({ name }) => name),
  );
  if (found.length < 2) return null;
  const scale = colourScale(display.scale);
  const most = Math.max(...found.map(({ share }) => share));
  return (
    <Titled title={text.features.contributions}>
      <ul className={classes.list} aria-label={text.features.contributions} data-testid={TESTID.contributions}>
        {found.map(({ name, sum, share }) => (
          <li key={name} className={classes.line} data-name={name} data-value={sum}>
            <span className={classes.label}>
              <span className={classes.name} title={name}>
                {name}
              </span>
              <span className={classes.value}>{formatShare(share)}</span>
            </span>
            <span className={classes.track} aria-hidden="true">
              <span
                className={classes.fill}
                data-negative={sum < 0}
                style={{ width: `${most > 0 ? (50 * share) / most : 0}%`, background: barColour(scale, sum) }}
              />
            </span>
            <span className={classes.attribution}>{formatValue(sum)}</span>
          </li>
        ))}
      </ul>
    </Titled>
  );
}
