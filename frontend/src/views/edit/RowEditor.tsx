import { Select } from "@mantine/core";
import { useMemo, type ReactElement } from "react";

import type { Edit, FeatureOf, FormOf } from "../../api/types";
import { NumberField } from "../../controls/NumberField";
import { formatValue } from "../../heatmap";
import { useText } from "../../text";
import classes from "./edit.module.css";
import type { EditorProps } from "./EditDialog";
import { EditFrame } from "./EditFrame";
import { HistoryButtons, onHistoryKey, useSteps } from "./History";
import { useLive } from "./useDraft";

type RowEditorProps = EditorProps<FeatureOf<"table">> & { form: FormOf<"row"> };
type Values = Readonly<Record<string, number | string>>;
type Field = FormOf<"row">["fields"][number];

const NONE: Values = {};

/** Some values of a row changed: numbers as they are shown, categories from their list. */
export function RowEditor({ sample, feature, form, onClose }: RowEditorProps): ReactElement {
  const text = useText();
  const steps = useSteps<Values>(NONE);
  const values = steps.now;
  const count = Object.keys(values).length;
  const edit = useMemo(
    (): Edit | null => (count === 0 ? null : { kind: "row", feature: feature.name, values }),
    [count, values, feature.name],
  );
  const live = useLive(sample, edit);
  const was = new Map(feature.rows.map(({ name, value }) => [name, value]));
  const change = (name: string, value: number | string | null): void => {
    const rest = Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
    const next = value === null || value === was.get(name) ? rest : { ...rest, [name]: value };
    if (values[name] !== next[name]) steps.commit(next);
  };
  return (
    <div onKeyDown={(event) => onHistoryKey(event, steps)}>
      <EditFrame
        {...{ sample, edit, live, onClose }}
        explain={text.edit.explain.table}
        left={
          <div className={classes.fields} role="group" aria-label={feature.name}>
            {form.fields.map((field) => (
              <FieldInput
                key={field.name}
                field={field}
                was={was.get(field.name) ?? null}
                value={values[field.name] ?? null}
                onChange={(value) => change(field.name, value)}
              />
            ))}
          </div>
        }
      >
        <div className={classes.row}>
          <HistoryButtons steps={steps} clear={count === 0 ? null : () => steps.commit(NONE)} />
          <span className={classes.share} role="status">
            {text.edit.changed(count)}
          </span>
        </div>
      </EditFrame>
    </div>
  );
}

interface FieldInputProps {
  field: Field;
  /** The sample's. */
  was: number | string | null;
  /** Null: as it was. */
  value: number | string | null;
  onChange: (value: number | string | null) => void;
}

function FieldInput({ field, was, value, onChange }: FieldInputProps): ReactElement {
  const text = useText();
  if (field.kind === "choice")
    return (
      <Select
        size="xs"
        label={field.name}
        data={field.choices}
        value={typeof (value ?? was) === "string" ? String(value ?? was) : null}
        allowDeselect={false}
        data-changed={value !== null}
        onChange={onChange}
      />
    );
  const { low, high } = field;
  return (
    <NumberField
      size="xs"
      label={field.name}
      description={low != null && high != null ? text.edit.inData(formatValue(low, 4), formatValue(high, 4)) : null}
      inputWrapperOrder={["label", "input", "error", "description"]}
      unit={field.unit ?? ""}
      value={typeof value === "number" ? value : null}
      usual={typeof was === "number" ? was : null}
      data-changed={value !== null}
      onChange={onChange}
    />
  );
}
