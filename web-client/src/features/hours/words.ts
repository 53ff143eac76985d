import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import type { Hours } from "../../protocol/office";

/** Announced minutes; "non renseigné" when nobody filled them in. */
export function useLength(): (minutes: number | null) => string {
  const { t } = useTranslation("hours");
  return (minutes) => (minutes === null ? t("notFilled") : lengthOf(minutes * 60_000));
}

/** The hours of a person as they count. */
export function useHoursWords(): (hours: Hours) => string {
  const { t } = useTranslation("hours");
  return (hours) =>
    hours.kind === "not_filled"
      ? t(hours.attested ? "attestedWithoutDuration" : "notFilledShort")
      : lengthOf((hours.distance + hours.presence) * 60_000);
}
