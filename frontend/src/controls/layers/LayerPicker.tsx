import { ActionIcon, InputBase, Popover } from "@mantine/core";
import { useState, type KeyboardEvent, type ReactElement } from "react";

import type { MethodDescription, ModelDescription } from "../../api/types";
import { layerBeside } from "../../state/steps";
import { useText } from "../../text";
import field from "../Field.module.css";
import { ChevronDown } from "../icons";
import classes from "./LayerPicker.module.css";
import { LayerTree } from "./LayerTree";
import { defaultMark, offeredLayers } from "./offered";

interface LayerPickerProps {
  model: ModelDescription;
  method: MethodDescription;
  value: string | null;
  onChange: (name: string) => void;
  /** A step to the layer before or after, which `onChange` does if this is left out. */
  onStep?: (name: string) => void;
  titled?: boolean;
  error?: string | null;
}

/** One of a model's layers: chosen in a tree, or by steps from layer to layer. */
export function LayerPicker(props: LayerPickerProps): ReactElement {
  const { model, method, value, onChange, onStep = onChange, titled = false, error = null } = props;
  const text = useText();
  const [opened, setOpened] = useState(false);
  const layers = offeredLayers(text, method, model);
  const shape = layers.find(({ name }) => name === value)?.output_shape;

  const step = (by: 1 | -1): void => {
    const name = layerBeside(layers, value, by);
    if (name !== null) onStep(name);
  };
  const onArrow = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    step(event.key === "ArrowUp" ? -1 : 1);
  };
  const onBoxKey = (event: KeyboardEvent): void => {
    // The tree is about to take the keyboard.
    if (opened) return;
    if (event.key === "Enter" || event.key === " " || (event.altKey && event.key === "ArrowDown")) {
      event.preventDefault();
      setOpened(true);
    } else onArrow(event);
  };

  return (
    <div className={field.pair}>
      <Popover
        opened={opened}
        onChange={setOpened}
        width="min(25rem, 92vw)"
        position="bottom-start"
        middlewares={{ flip: true, shift: true, size: true }}
        shadow="md"
        trapFocus
        returnFocus
      >
        <Popover.Target>
          <InputBase
            component="button"
            type="button"
            size="sm"
            role="combobox"
            pointer
            {...(titled ? { label: model.name } : { "aria-label": text.settings.layerOf(model.name) })}
            aria-haspopup="tree"
            aria-expanded={opened}
            error={error}
            rightSection={<ChevronDown width={12} height={12} />}
            rightSectionPointerEvents="none"
            onClick={() => setOpened(!opened)}
            onKeyDown={onBoxKey}
          >
            <span className={classes.chosen}>
              <span className={classes.name}>{value ?? text.layers.none}</span>
              {shape && <span className={classes.shape}>{shape.join(" × ")}</span>}
            </span>
          </InputBase>
        </Popover.Target>
        <Popover.Dropdown className={classes.dropdown}>
          <LayerTree
            label={text.layers.tree(model.name)}
            layers={layers}
            value={value}
            usual={{ name: model.default_layer, mark: defaultMark(text, method, model) }}
            onChoose={(name) => {
              setOpened(false);
              onChange(name);
            }}
          />
        </Popover.Dropdown>
      </Popover>
      <ActionIcon.Group onKeyDown={onArrow}>
        {([-1, 1] as const).map((by) => {
          const name = by < 0 ? text.layers.up(model.name) : text.layers.down(model.name);
          return (
            <ActionIcon
              key={by}
              variant="default"
              size="lg"
              aria-label={name}
              title={name}
              aria-disabled={layerBeside(layers, value, by) === null}
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
