import { Button, Select, type ComboboxData } from "@mantine/core";
import { useEffect, useRef, type ReactElement } from "react";

import { aboutModel } from "../../controls/ModelSelect";
import { groupedMethods } from "../../controls/MethodSelect";
import { targetOptions } from "../../controls/TargetSelect";
import { needsLayer } from "../../state/settings";
import { readTarget, writeTarget } from "../../state/target";
import { useText } from "../../text";
import { useColumnActions, useSelectedTitle, type Patch } from "../columns";
import { useSubject } from "../workspace";
import classes from "./grid.module.css";

const SHOWN = 200;

/** The one thing in which the new column is to differ from the selected one. */
export default function CompareMenu({ onChosen }: { onChosen: () => void }): ReactElement {
  const text = useText();
  const words = text.columns;
  const { description, columns, settings } = useSubject();
  const { compare } = useColumnActions();
  const { method, model, layer, target, ask } = settings;
  const title = useSelectedTitle();
  const add = (patch: Patch): void => {
    compare(patch);
    onChosen();
  };
  const others = description.models.filter((other) => other !== model);
  return (
    <div className={classes.menu}>
      <p className={classes.menuTitle}>{words.differs(columns.length > 1 ? title : method.name)}</p>
      <Choice
        focused
        label={words.kinds.method}
        data={groupedMethods(text, description.methods, model)
          .map(({ group, items }) => ({ group, items: items.filter(({ value }) => value !== method.id) }))
          .filter(({ items }) => items.length > 0)}
        onChoose={(id) => add({ method: id })}
      />
      {needsLayer(method) && (
        <Choice
          label={words.kinds.layer}
          data={model.layers
            .filter(({ name }) => name !== layer)
            .map(({ name, selectable }) => ({
              value: name,
              label: name || text.settings.wholeModel,
              disabled: !selectable,
            }))}
          onChoose={(name) => add({ layers: { ...ask.layers, [model.name]: name } })}
        />
      )}
      {method.takes_target && model.outputs !== 1 && (
        <Choice
          label={words.kinds.target}
          data={targetOptions(text, description, model, (value) => value !== writeTarget(target))}
          onChoose={(value) => add({ target: readTarget(value) })}
        />
      )}
      {others.length > 0 && (
        <Choice
          label={words.kinds.model}
          data={others.map((other) => ({ value: other.name, label: other.name, title: aboutModel(text, other) }))}
          onChoose={(name) => add({ model: name })}
        />
      )}
      <Button variant="subtle" size="compact-sm" onClick={() => add({})}>
        {words.copy}
      </Button>
    </div>
  );
}

interface ChoiceProps {
  /** Has the keyboard when the menu opens. */
  focused?: boolean;
  label: string;
  data: ComboboxData;
  onChoose: (value: string) => void;
}

function Choice({ focused = false, label, data, onChoose }: ChoiceProps): ReactElement {
  const text = useText();
  const ref = useRef<HTMLInputElement>(null);
  // The popover looks for what takes the focus before this menu has been loaded.
  useEffect(() => {
    if (focused) ref.current?.focus();
  }, [focused]);
  return (
    <Select
      ref={ref}
      size="xs"
      label={label}
      placeholder={text.columns.search}
      data={data}
      value={null}
      searchable
      selectFirstOptionOnChange
      selectFirstOptionOnDropdownOpen
      limit={SHOWN}
      nothingFoundMessage={text.columns.nothing}
      comboboxProps={{ withinPortal: false, shadow: "md" }}
      onChange={(value) => value !== null && onChoose(value)}
    />
  );
}
