import { useTranslation } from "react-i18next";
import { timeOfDay } from "../../app/dates";
import type { PlanWarning } from "../../protocol/office";

/** What the server noticed and did all the same, in words. */
export function useWarnings(): (warning: PlanWarning) => string {
  const { t } = useTranslation("planning");
  return (warning) => {
    switch (warning.code) {
      case "hour_skipped":
        // An hour on the wall: it needs no zone any more.
        return t("warnings.hour_skipped", { time: timeOfDay(`${warning.shown}Z`, "UTC") });
      case "hour_twice":
        return t(`warnings.hour_twice.${warning.chosen}`);
      case "threshold_unreachable":
      case "in_the_past":
        return t(`warnings.${warning.code}`);
    }
  };
}
