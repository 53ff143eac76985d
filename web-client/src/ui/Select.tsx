import { ChevronDown } from "lucide-react";
import { type ReactNode, useId } from "react";
import styles from "./field.module.css";

interface SelectProps<Value extends string> {
  label: ReactNode;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
  disabled?: boolean;
  /** The label is read aloud but not drawn. */
  hideLabel?: boolean;
  className?: string;
  "data-testid"?: string;
}

/** A choice in a list: the native one, so phones show their own wheel and screen readers need nothing. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
  disabled,
  hideLabel,
  className,
  ...rest
}: SelectProps<Value>) {
  const id = useId();
  return (
    <div className={`${styles.field} ${className ?? ""}`}>
      <label htmlFor={id} className={hideLabel ? "visually-hidden" : styles.label}>
        {label}
      </label>
      <div className={styles.select}>
        <select
          {...rest}
          id={id}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value as Value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown aria-hidden="true" />
      </div>
    </div>
  );
}
