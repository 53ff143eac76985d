import { useTranslation } from "react-i18next";
import { hoursOf } from "../../app/dates";
import type { Hours } from "../../protocol/office";

/** Announced minutes; "non renseigné" when nobody filled them in. */
export function useLength(): (minutes: number | null) => string {
  const { t } = useTranslation("hours");
  return (minutes) => (minutes === null ? t("notFilled") : hoursOf(minutes));
}

/** The hours of a person as they count. */
export function useHoursWords(): (hours: Hours) => string {
  const { t } = useTranslation("hours");
  return (hours) =>
    hours.kind === "not_filled"
      ? t(hours.attested ? "attestedWithoutDuration" : "notFilledShort")
      : hoursOf(hours.distance + hours.presence);
}
