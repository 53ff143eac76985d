import { type ReactNode, useId } from "react";
import styles from "./field.module.css";

interface ChoicesProps<Value extends string> {
  label: ReactNode;
  name: string;
  value: Value | null;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}

/** One of a few, all to be seen: native radio buttons in a named set. */
export function Choices<Value extends string>({
  label,
  name,
  value,
  options,
  onChange,
}: ChoicesProps<Value>) {
  const id = useId();
  return (
    <fieldset className={styles.choices}>
      <legend className={styles.label}>{label}</legend>
      {options.map((option) => (
        <label key={option.value} htmlFor={`${id}-${option.value}`} className={styles.check}>
          <input
            id={`${id}-${option.value}`}
            type="radio"
            name={`${id}-${name}`}
            checked={value === option.value}
            onChange={() => onChange(option.value)}
            data-testid={`choice-${option.value}`}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
