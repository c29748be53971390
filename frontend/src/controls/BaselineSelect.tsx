import type { ReactElement } from "react";

import { baselineUrl } from "../api/routes";
import { isPictured } from "../features";
import { needsBaseline } from "../state/settings";
import { errorText, useText } from "../text";
import { useChangeColumn } from "../views/columns";
import { useForecast, useShown, useSubject } from "../views/workspace";
import classes from "./BaselineSelect.module.css";
import { FieldError, Group, Help } from "./Field";

/** Pictures of what stands for nothing, as they look for the first sample shown. */
export function BaselineSelect(): ReactElement | null {
  const text = useText();
  const change = useChangeColumn();
  const { explorer, description, settings } = useSubject();
  const { samples } = useShown();
  const forecast = useForecast();
  if (!needsBaseline(settings.method)) return null;
  const first = samples.items[0];
  const feature = first?.features.find(isPictured);
  const chosen = description.baselines.find(({ id }) => id === settings.baseline);
  const error = forecast.errors.baseline;

  return (
    <Group title={text.settings.baseline}>
      <div className={classes.grid} role="radiogroup" aria-label={text.settings.baseline}>
        {description.baselines.map((baseline) => (
          <label key={baseline.id} className={classes.choice}>
            <input
              type="radio"
              name="baseline"
              value={baseline.id}
              checked={baseline.id === settings.baseline}
              className="visually-hidden"
              onChange={() => change({ baseline: baseline.id })}
            />
            {(!first || feature) && (
              <span className={classes.frame}>
                {first && feature && (
                  <img
                    src={baselineUrl(explorer.id, first.index, feature.name, baseline.id, description.fingerprint)}
                    alt=""
                    loading="lazy"
                    decoding="async"
                  />
                )}
              </span>
            )}
            <span className={classes.name}>{baseline.name}</span>
          </label>
        ))}
      </div>
      {chosen && <Help>{chosen.description}</Help>}
      {error && <FieldError>{errorText(text, error)}</FieldError>}
    </Group>
  );
}
