// The fields that a séance has wherever it is planned: made, changed, copied.
import { useTranslation } from "react-i18next";
import { Line } from "../../app/office/Form";
import type { Threshold } from "../../protocol/office";

interface FieldProps {
  value: string;
  onChange: (value: string) => void;
  disabled?: boolean;
  testId?: string;
}

export function TitleField({ testId, ...rest }: FieldProps) {
  const { t } = useTranslation("planning");
  return (
    <Line {...rest} name="title" label={t("fields.title")} required maxLength={100} data-testid={testId} />
  );
}

/** The hour on the wall, as the server takes it: `2026-11-18T14:00`. */
export function StartField({ testId, ...rest }: FieldProps) {
  const { t } = useTranslation("planning");
  return (
    <Line
      {...rest}
      name="startsAt"
      label={t("fields.startsAt")}
      type="datetime-local"
      required
      data-testid={testId}
    />
  );
}

/** Minutes. */
export function DurationField({ testId, ...rest }: FieldProps) {
  const { t } = useTranslation("planning");
  return (
    <Line
      {...rest}
      name="durationMin"
      label={t("fields.duration")}
      type="number"
      min={5}
      max={1440}
      required
      data-testid={testId}
    />
  );
}

/** Minutes; empty for half of the duration. */
export function ThresholdField({ testId, ...rest }: FieldProps) {
  const { t } = useTranslation("planning");
  return (
    <Line
      {...rest}
      name="threshold"
      label={t("fields.threshold")}
      hint={t("fields.thresholdHint")}
      type="number"
      min={0}
      max={1440}
      data-testid={testId}
    />
  );
}

/** What was typed into `ThresholdField`. */
export const thresholdOf = (typed: string): Threshold =>
  typed === "" ? { mode: "auto" } : { mode: "fixed", minutes: Number(typed) };

/** What `ThresholdField` shows. */
export const typedThreshold = (threshold: Threshold): string =>
  threshold.mode === "fixed" ? String(threshold.minutes) : "";
