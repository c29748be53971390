import { Button, Collapse, Select, Switch, TextInput } from "@mantine/core";
import { useState, type ReactElement } from "react";

import { formatValue } from "../heatmap";
import type { Arguments, Scalar } from "../state/page";
import { argumentFields, type ArgumentField } from "../state/schema";
import { errorText, useText } from "../text";
import { useChangeColumn } from "../views/columns";
import { choiceName } from "../text/localise";
import { useForecast, useSubject } from "../views/workspace";
import { Group } from "./Field";
import { NumberField } from "./NumberField";

/** The form of a method's arguments, made from its JSON Schema. The server judges the values; nothing is clamped. */
export function ArgumentsForm(): ReactElement | null {
  const text = useText();
  const change = useChangeColumn();
  const { settings } = useSubject();
  const forecast = useForecast();
  const { method } = settings;
  const fields = argumentFields(method);
  const isWrong = (field: ArgumentField): boolean => `arguments.${field.name}` in forecast.errors;
  const [opened, setOpened] = useState(false);
  if (fields.length === 0) return null;

  const setAll = (values: Arguments): void =>
    change(({ ask, method: other }) =>
      other.id === method.id ? { method: method.id, arguments: { ...ask.arguments, [method.id]: values } } : {},
    );
  const set = (name: string, value: Scalar | null): void => {
    const rest = Object.entries(settings.arguments).filter(([other]) => other !== name);
    const next = Object.fromEntries(value === null ? rest : [...rest, [name, value]]) satisfies Arguments;
    setAll(next);
  };
  const input = (field: ArgumentField): ReactElement => {
    const error = forecast.errors[`arguments.${field.name}`];
    return (
      <ArgumentInput
        key={`${method.id} ${field.name}`}
        field={field}
        value={settings.arguments[field.name] ?? null}
        error={error ? errorText(text, error) : null}
        onChange={(value) => set(field.name, value)}
      />
    );
  };

  const advanced = fields.filter((field) => field.advanced);
  const open = opened || advanced.some(isWrong);
  const changed = Object.keys(settings.ask.arguments[method.id] ?? {}).length > 0;
  return (
    <Group
      title={text.settings.arguments}
      aside={
        changed && (
          <Button variant="subtle" size="compact-xs" onClick={() => setAll({})}>
            {text.settings.resetArguments}
          </Button>
        )
      }
    >
      {fields.filter((field) => !field.advanced).map(input)}
      {advanced.length > 0 && (
        <>
          <Button
            variant="subtle"
            size="compact-sm"
            style={{ alignSelf: "start" }}
            aria-expanded={open}
            onClick={() => setOpened(!open)}
          >
            {open ? text.settings.fewer : text.settings.advanced}
          </Button>
          <Collapse expanded={open}>
            <div style={{ display: "flex", flexDirection: "column", gap: "0.75rem" }}>{advanced.map(input)}</div>
          </Collapse>
        </>
      )}
    </Group>
  );
}

interface ArgumentInputProps {
  field: ArgumentField;
  /** Null: the default. */
  value: Scalar | null;
  error: string | null;
  onChange: (value: Scalar | null) => void;
}

function ArgumentInput({ field, value, error, onChange }: ArgumentInputProps): ReactElement {
  const text = useText();
  const common = {
    label: field.title,
    description: field.description,
    error,
    name: field.name,
    "data-argument": field.name,
  };
  const shown = value ?? field.default;

  switch (field.kind) {
    case "boolean":
      return (
        <Switch {...common} checked={shown === true} onChange={(event) => onChange(event.currentTarget.checked)} />
      );
    case "choice":
      return (
        <Select
          {...common}
          data={field.choices.map((choice) => ({ value: JSON.stringify(choice), label: choiceName(text, choice) }))}
          value={shown === null ? null : JSON.stringify(shown)}
          allowDeselect={false}
          onChange={(next) => next !== null && onChange(JSON.parse(next) as Scalar)}
        />
      );
    case "integer":
    case "number": {
      const bound = (limit: number | null): string | null => (limit === null ? null : formatValue(limit, 6));
      const bounds = text.settings.bounds(bound(field.minimum), bound(field.maximum));
      return (
        <NumberField
          {...common}
          description={[field.description, bounds].filter(Boolean).join(" · ")}
          value={typeof value === "number" ? value : null}
          usual={typeof field.default === "number" ? field.default : null}
          unit={field.unit === null ? "" : text.map.unit(String(shown), field.unit)}
          {...(field.minimum !== null && { min: field.minimum })}
          {...(field.maximum !== null && { max: field.maximum })}
          step={field.kind === "integer" ? 1 : stepOf(field)}
          onChange={onChange}
        />
      );
    }
    default:
      return (
        <TextInput
          {...common}
          size="sm"
          value={shown === null ? "" : String(shown)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

function stepOf({ minimum, maximum }: ArgumentField): number {
  return minimum !== null && maximum !== null && maximum - minimum <= 1 ? 0.05 : 1;
}
