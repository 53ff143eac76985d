import { useTranslation } from "react-i18next";
import { hoursOf } from "../../app/dates";

/** Announced minutes; "non renseigné" when nobody filled them in. */
export function useLength(): (minutes: number | null) => string {
  const { t } = useTranslation("hours");
  return (minutes) => (minutes === null ? t("notFilled") : hoursOf(minutes));
}
