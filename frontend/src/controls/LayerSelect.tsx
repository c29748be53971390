import { ActionIcon, Select, type SelectProps } from "@mantine/core";
import { useEffect, useEffectEvent, useState, type KeyboardEvent, type ReactElement } from "react";

import type { LayerDescription, ModelDescription } from "../api/types";
import { isAvailable, needsLayer } from "../state/settings";
import { isQuick, layerBeside } from "../state/steps";
import { errorText, useText } from "../text";
import { useFetchAction } from "../views/actions";
import { useChangeColumn } from "../views/columns";
import { useWorkspace } from "../views/workspace";
import { Group } from "./Field";
import classes from "./LayerSelect.module.css";

/** For methods that look at a layer. */
export function LayerSelect(): ReactElement | null {
  const text = useText();
  const { settings, forecast } = useWorkspace();
  const change = useChangeColumn();
  if (!needsLayer(settings.method) || !isAvailable(settings)) return null;
  const { model, layer } = settings;
  const error = forecast.errors.layer;
  return (
    <Group title={text.settings.layer}>
      <LayerChoice
        key={model.name}
        model={model}
        value={layer}
        error={error ? errorText(text, error) : null}
        onChange={(name) =>
          change(({ ask, model: other }) => (other === model ? { layers: { ...ask.layers, [model.name]: name } } : {}))
        }
      />
    </Group>
  );
}

const PAUSE = 350;

/** Fetches by itself what a step led to, once the reader pauses, where that is quick. */
function useStepping(layer: string | null): (to: string) => void {
  const { forecast } = useWorkspace();
  const { fetch } = useFetchAction();
  const [pending, setPending] = useState<string | null>(null);
  const known = forecast.current && (forecast.etaSeconds !== null || forecast.stored === forecast.total);
  const go = useEffectEvent(() => {
    setPending(null);
    if (isQuick(forecast.etaSeconds, forecast.stored, forecast.total)) fetch();
  });
  useEffect(() => {
    if (pending === null || pending !== layer || !known) return;
    const timer = setTimeout(() => go(), PAUSE);
    return () => clearTimeout(timer);
  }, [pending, layer, known]);
  return setPending;
}

interface LayerChoiceProps {
  model: ModelDescription;
  value: string | null;
  error: string | null;
  onChange: (layer: string) => void;
}

function LayerChoice({ model, value, error, onChange }: LayerChoiceProps): ReactElement {
  const text = useText();
  const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
  const renderOption: SelectProps["renderOption"] = ({ option }) => {
    const layer = byName.get(option.value);
    return layer ? <LayerOption layer={layer} isDefault={layer.name === model.default_layer} /> : option.label;
  };
  const onStep = useStepping(value);
  const step = (by: 1 | -1): void => {
    const name = layerBeside(model.layers, value, by);
    if (name === null) return;
    onChange(name);
    onStep(name);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    step(event.key === "ArrowUp" ? -1 : 1);
  };
  return (
    <div className={classes.control}>
      <Select
        aria-label={text.settings.layerOf(model.name)}
        data={model.layers.map(({ name, selectable }) => ({
          value: name,
          label: name || text.settings.wholeModel,
          disabled: !selectable,
        }))}
        value={value}
        searchable
        allowDeselect={false}
        nothingFoundMessage={text.settings.noLayer}
        maxDropdownHeight={420}
        limit={300}
        comboboxProps={{ shadow: "md", width: 360, position: "bottom-start" }}
        renderOption={renderOption}
        error={error}
        onChange={(name) => name !== null && onChange(name)}
      />
      <ActionIcon.Group onKeyDown={onKeyDown}>
        {([-1, 1] as const).map((by) => {
          const name = by < 0 ? text.target.layerUp(model.name) : text.target.layerDown(model.name);
          return (
            <ActionIcon
              key={by}
              variant="default"
              size="lg"
              aria-label={name}
              title={name}
              aria-disabled={layerBeside(model.layers, value, by) === null}
              onClick={() => step(by)}
            >
              {by < 0 ? "↑" : "↓"}
            </ActionIcon>
          );
        })}
      </ActionIcon.Group>
    </div>
  );
}

function LayerOption({ layer, isDefault }: { layer: LayerDescription; isDefault: boolean }): ReactElement {
  const text = useText();
  const about = [layer.type, ...(layer.output_shape ? [layer.output_shape.join(" × ")] : [])].join(" · ");
  return (
    <div className={classes.option}>
      <span className={classes.name}>
        {layer.name || text.settings.wholeModel}
        {isDefault && <span className={classes.mark}>{text.settings.layerDefault}</span>}
      </span>
      <span className={classes.about}>{about}</span>
      {!layer.selectable && layer.reason !== null && <span className={classes.about}>{layer.reason}</span>}
    </div>
  );
}
