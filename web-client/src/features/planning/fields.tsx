// The fields that a séance has wherever it is planned: made, changed, copied.
import { useTranslation } from "react-i18next";
import { Line } from "../../app/office/Form";
import type { SeanceKind } from "../../protocol/generated/protocol";
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

const DAY_MIN = 1440;

/** Minutes; a permanent room lasts days, and is typed in days. The value is minutes either way. */
export function DurationField({ kind, value, onChange, testId, ...rest }: FieldProps & { kind: SeanceKind }) {
  const { t } = useTranslation("planning");
  const days = kind === "permanente";
  return (
    <Line
      {...rest}
      name="durationMin"
      label={t(days ? "fields.durationDays" : "fields.duration")}
      type="number"
      min={1}
      max={days ? 366 : 9999}
      // One that was made in minutes, by a program for instance, stays what it is until somebody types.
      step={days ? "any" : 1}
      required
      value={days && value !== "" ? String(Number(value) / DAY_MIN) : value}
      onChange={(typed) =>
        onChange(days && typed !== "" ? String(Math.round(Number(typed) * DAY_MIN)) : typed)
      }
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
      max={9999}
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
