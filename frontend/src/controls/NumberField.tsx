import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState, type ReactElement } from "react";

interface NumberFieldProps extends Omit<NumberInputProps, "value" | "onChange" | "defaultValue"> {
  /** Null leaves the field to `usual`. */
  value: number | null;
  usual: number | null;
  onChange: (value: number | null) => void;
}

/** A number that nobody clamps. While it is being emptied it stays empty; left empty, it goes back to the usual value. */
export function NumberField({ value, usual, onChange, ...rest }: NumberFieldProps): ReactElement {
  const [emptied, setEmptied] = useState(false);
  return (
    <NumberInput
      {...rest}
      value={emptied ? "" : (value ?? usual ?? "")}
      placeholder={usual === null ? "" : String(usual)}
      clampBehavior="none"
      onChange={(next) => {
        setEmptied(typeof next !== "number");
        onChange(typeof next === "number" ? next : null);
      }}
      onBlur={() => setEmptied(false)}
    />
  );
}
