import { Upload } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import buttons from "./button.module.css";
import styles from "./field.module.css";

interface FileFieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  /** As in HTML: `.csv,text/csv`. */
  accept: string;
  /** The name of the file that was chosen. */
  chosen?: string;
  onFile: (file: File) => void;
  "data-testid"?: string;
}

/** A file to be chosen: the browser's own field, behind a button that speaks the language of the page. */
export function FileField({ label, hint, error, accept, chosen, onFile, ...rest }: FileFieldProps) {
  const { t } = useTranslation("app");
  const id = useId();
  const told = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].join(" ").trim();
  return (
    <div className={styles.field}>
      <span id={`${id}-label`} className={styles.label}>
        {label}
      </span>
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
      <div className={styles.file}>
        <label className={[buttons.button, buttons.secondary, buttons.small, styles.choose].join(" ")}>
          <Upload aria-hidden="true" />
          <span id={`${id}-choose`}>{t("chooseFile")}</span>
          <input
            {...rest}
            type="file"
            className="visually-hidden"
            accept={accept}
            aria-labelledby={`${id}-label ${id}-choose`}
            aria-describedby={told || undefined}
            aria-invalid={error ? true : undefined}
            onChange={(event) => {
              const file = event.target.files?.[0];
              // The same file may be chosen again, after it was changed.
              event.target.value = "";
              if (file) onFile(file);
            }}
          />
        </label>
        <span aria-live="polite">{chosen ?? t("noFile")}</span>
      </div>
      {error ? (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}
