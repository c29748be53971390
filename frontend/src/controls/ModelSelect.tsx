import { Radio } from "@mantine/core";
import type { ReactElement } from "react";

import type { ModelDescription } from "../api/types";
import { formatValue } from "../heatmap";
import { useText, type Text } from "../text";
import { useColumnActions } from "../views/columns";
import { useSubject } from "../views/workspace";
import { Group, Help } from "./Field";
import classes from "./ModelSelect.module.css";

/** Whose predictions the column explains. */
export function ModelSelect(): ReactElement {
  const text = useText();
  const { description, settings } = useSubject();
  const { change } = useColumnActions();
  const [only] = description.models;
  return (
    <Group title={text.settings.model}>
      {only && description.models.length === 1 ? (
        <div>
          <div className={classes.name}>{only.name}</div>
          <Help>{aboutModel(text, only)}</Help>
        </div>
      ) : (
        // Always the one column's: with all of them on one model, the same would stand there several times.
        <Radio.Group
          aria-label={text.settings.model}
          value={settings.model.name}
          onChange={(model) => change(settings.id, { model })}
        >
          <ul className={classes.list}>
            {description.models.map((model) => (
              <li key={model.name}>
                <Radio value={model.name} label={model.name} description={aboutModel(text, model)} />
              </li>
            ))}
          </ul>
        </Radio.Group>
      )}
    </Group>
  );
}

/** "ResNet · 270 k parameters · 10 outputs" */
export function aboutModel(text: Text, { class_name, parameters, outputs }: ModelDescription): string {
  return [
    class_name,
    text.settings.parameters(shortCount(parameters)),
    ...(outputs === null ? [] : [text.settings.outputs(outputs)]),
  ].join(" · ");
}

function shortCount(n: number): string {
  if (n >= 1e9) return `${formatValue(n / 1e9)} G`;
  if (n >= 1e6) return `${formatValue(n / 1e6)} M`;
  return n >= 1e4 ? `${formatValue(n / 1e3)} k` : String(n);
}
