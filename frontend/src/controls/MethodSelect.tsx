import { ActionIcon, Popover, Select, type ComboboxItem, type SelectProps } from "@mantine/core";
import type { ReactElement } from "react";

import type { MethodDescription, ModelDescription } from "../api/types";
import { unavailable } from "../state/settings";
import { useText, type Text } from "../text";
import { useChangeColumn } from "../views/columns";
import { useSubject } from "../views/workspace";
import { Group, Help } from "./Field";
import { Info } from "./icons";
import classes from "./MethodSelect.module.css";

export function MethodSelect(): ReactElement {
  const text = useText();
  const { description, settings } = useSubject();
  const change = useChangeColumn();
  const { method, model } = settings;
  const reason = unavailable(method, model.name);
  const byId = new Map(description.methods.map((entry) => [entry.id, entry]));

  const renderOption: SelectProps["renderOption"] = ({ option }) => {
    const entry = byId.get(option.value);
    return entry ? <MethodOption method={entry} reason={unavailable(entry, model.name)} /> : option.label;
  };

  return (
    <Group title={text.settings.method} aside={<MethodInfo method={method} />}>
      <Select
        aria-label={text.settings.method}
        data={groupedMethods(text, description.methods, model)}
        value={method.id}
        allowDeselect={false}
        searchable={description.methods.length > 8}
        selectFirstOptionOnChange
        nothingFoundMessage={text.settings.noMethod}
        comboboxProps={{ shadow: "md", width: 360, position: "bottom-start" }}
        renderOption={renderOption}
        onChange={(id) => id !== null && change({ method: id })}
      />
      <Help>{method.summary}</Help>
      {reason !== null && (
        <Help>
          {text.fetch.unavailable(method.name, model.name)} {reason}
        </Help>
      )}
    </Group>
  );
}

/** Methods that explain the input by family, class activation maps among them; the others by what they explain. */
function groupOf({ space, family }: MethodDescription): string {
  return space === "feature" || family === "cam" ? family : space;
}

export function groupedMethods(
  text: Text,
  methods: readonly MethodDescription[],
  model: ModelDescription,
): { group: string; items: ComboboxItem[] }[] {
  const groups = [...new Set(methods.map(groupOf))];
  return groups.map((group) => ({
    group: text.methodGroups[group] ?? group,
    items: methods
      .filter((method) => groupOf(method) === group)
      .map((method) => ({
        value: method.id,
        label: method.name,
        disabled: unavailable(method, model.name) !== null,
      })),
  }));
}

function MethodOption({ method, reason }: { method: MethodDescription; reason: string | null }): ReactElement {
  return (
    <div className={classes.option}>
      <span className={classes.optionName}>{method.name}</span>
      <span className={classes.optionHelp}>{reason ?? method.summary}</span>
    </div>
  );
}

function MethodInfo({ method }: { method: MethodDescription }): ReactElement {
  const text = useText();
  return (
    <Popover width={340} position="right-start" shadow="md" withArrow>
      <Popover.Target>
        <ActionIcon variant="subtle" size="sm" aria-label={text.settings.about(method.name)}>
          <Info />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.info} tabIndex={0} role="group" aria-label={text.settings.about(method.name)}>
          <strong>{method.name}</strong>
          <code>{method.class_name}</code>
          <p>{method.summary}</p>
          <MethodList title={text.settings.limitations} entries={method.limitations} />
          <MethodList title={text.settings.deviations} entries={method.deviations} />
          <MethodList title={text.settings.references} entries={method.references} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function MethodList({ title, entries }: { title: string; entries: readonly string[] }): ReactElement | null {
  if (entries.length === 0) return null;
  return (
    <>
      <span className={classes.infoTitle}>{title}</span>
      <ul>
        {entries.map((entry) => (
          <li key={entry}>{entry}</li>
        ))}
      </ul>
    </>
  );
}
