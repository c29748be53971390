import { Checkbox } from "@mantine/core";
import type { ReactElement } from "react";

import { formatValue } from "../heatmap";
import { changePage } from "../state/services";
import { useText } from "../text";
import { useSubject } from "../views/workspace";
import { Group, Help } from "./Field";
import classes from "./ModelSelect.module.css";

export function ModelSelect(): ReactElement {
  const text = useText();
  const { description, settings } = useSubject();
  const chosen = new Set(settings.models.map(({ name }) => name));
  const several = description.models.length > 1;

  const toggle = (name: string): void => {
    const next = description.models.filter((model) => chosen.has(model.name) !== (model.name === name));
    if (next.length > 0)
      changePage({ ask: { models: next.length === description.models.length ? null : next.map((m) => m.name) } });
  };

  return (
    <Group title={several ? text.settings.models : text.settings.model}>
      <ul className={classes.list}>
        {description.models.map((model) => {
          const about = [
            model.class_name,
            text.settings.parameters(shortCount(model.parameters)),
            ...(model.outputs === null ? [] : [text.settings.outputs(model.outputs)]),
          ].join(" · ");
          const last = chosen.size === 1 && chosen.has(model.name);
          return (
            <li key={model.name}>
              {several ? (
                <Checkbox
                  label={model.name}
                  description={about}
                  checked={chosen.has(model.name)}
                  disabled={last}
                  onChange={() => toggle(model.name)}
                />
              ) : (
                <>
                  <div className={classes.name}>{model.name}</div>
                  <Help>{about}</Help>
                </>
              )}
            </li>
          );
        })}
      </ul>
    </Group>
  );
}

function shortCount(n: number): string {
  if (n >= 1e9) return `${formatValue(n / 1e9)} G`;
  if (n >= 1e6) return `${formatValue(n / 1e6)} M`;
  return n >= 1e4 ? `${formatValue(n / 1e3)} k` : String(n);
}
