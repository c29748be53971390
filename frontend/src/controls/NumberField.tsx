import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState, type ReactElement } from "react";

interface NumberFieldProps extends Omit<NumberInputProps, "value" | "onChange" | "defaultValue"> {
  /** Null leaves the field to `usual`. */
  value: number | null;
  usual: number | null;
  onChange: (value: number | null) => void;
}

/** A number that nobody clamps. What is half typed stays as it is; left empty, it goes back to the usual value. */
export function NumberField({ value, usual, onChange, ...rest }: NumberFieldProps): ReactElement {
  /** Of which the number is not all: nothing, "12.", "0.50". */
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <NumberInput
      {...rest}
      value={draft ?? value ?? usual ?? ""}
      placeholder={usual === null ? "" : String(usual)}
      clampBehavior="none"
      onChange={(next) => {
        setDraft(typeof next === "string" ? next : null);
        const typed = typeof next === "string" ? Number.parseFloat(next) : next;
        onChange(Number.isFinite(typed) ? typed : null);
      }}
      onBlur={() => setDraft(null)}
    />
  );
}
