import { TextInput, type TextInputProps } from "@mantine/core";
import { useRef, useState, type KeyboardEvent, type ReactElement } from "react";

import { useText } from "../text";
import { ChevronDown } from "./icons";
import { readNumber, stepped } from "./number";
import classes from "./NumberField.module.css";

interface NumberFieldProps extends Omit<
  TextInputProps,
  "value" | "onChange" | "defaultValue" | "min" | "max" | "step"
> {
  /** Null leaves the field to `usual`. */
  value: number | null;
  usual: number | null;
  onChange: (value: number | null) => void;
  /** Where the arrows end; what is typed is not held back by them. */
  min?: number;
  max?: number;
  step?: number;
  unit?: string;
  /** Has no room for words under it: they are its title. */
  terse?: boolean;
}

/**
 * A number that nobody clamps or tidies: what is typed stays as it is, and what is no number is said to be none.
 *
 * Left empty, it goes back to the usual value.
 */
export function NumberField(props: NumberFieldProps): ReactElement {
  const { value, usual, onChange, min, max, step = 1, unit = "", terse = false, error, size, ...rest } = props;
  const text = useText();
  const input = useRef<HTMLInputElement>(null);
  /** While it is being typed: "12.", "1e", "0.50". */
  const [typed, setTyped] = useState<string | null>(null);
  const number = value ?? usual;
  // Undone or brought to a bound meanwhile, it is not what was typed any more.
  const read = typed === null ? null : readNumber(typed);
  const draft = read === null || read === number ? typed : null;
  const isNone = draft !== null && draft.trim() !== "" && readNumber(draft) === null;
  const wrong = isNone ? text.settings.noNumber(draft, usual === null ? null : String(usual)) : error;

  const move = (by: number): void => {
    setTyped(null);
    onChange(stepped(number ?? 0, by, min ?? null, max ?? null));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    move(event.key === "ArrowUp" ? step : -step);
  };
  const button = (by: number): ReactElement => (
    <button
      type="button"
      tabIndex={-1}
      aria-hidden="true"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        input.current?.focus();
        move(by);
      }}
    >
      <ChevronDown />
    </button>
  );
  return (
    <TextInput
      {...rest}
      ref={input}
      size={size ?? "sm"}
      inputMode="decimal"
      autoComplete="off"
      value={draft ?? (number === null ? "" : String(number))}
      placeholder={usual === null ? "" : String(usual)}
      error={terse ? Boolean(wrong) : wrong}
      title={terse && typeof wrong === "string" ? wrong : undefined}
      rightSection={
        <span className={classes.end}>
          {unit !== "" && <span className={classes.unit}>{unit}</span>}
          <span className={classes.steps}>
            {button(step)}
            {button(-step)}
          </span>
        </span>
      }
      rightSectionWidth={unit === "" ? "1.375rem" : `calc(1.875rem + ${unit.length}ch)`}
      onKeyDown={onKeyDown}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setTyped(next);
        onChange(readNumber(next));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}
