import { useTranslation } from "react-i18next";
import type { Hours } from "../../protocol/office";
import { hoursOf } from "../dates";

/** The hours of a person as they count. */
export function useHoursWords(): (hours: Hours) => string {
  const { t } = useTranslation("app");
  return (hours) =>
    hours.kind === "not_filled"
      ? t(hours.attested ? "hours.attestedWithoutDuration" : "hours.notFilled")
      : hoursOf(hours.distance + hours.presence);
}
