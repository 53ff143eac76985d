import { useTranslation } from "react-i18next";
import type { Refusal } from "../protocol/generated/protocol";
import { day } from "./dates";

/** Words for a refusal; one that a newer server invented gets general ones. */
export function useRefusalWords(): (refusal: Refusal) => string {
  const { t, i18n } = useTranslation("app");
  return (refusal) => {
    if (refusal.code === "invalid") {
      const named = `fields.${refusal.field}`;
      const field = i18n.exists(`app:${named}`) ? t(named as "fields.title") : refusal.field;
      return t(`problems.${refusal.problem}`, { field });
    }
    if (refusal.code === "too_many_tries") {
      return t("tooManyTries", { count: Math.ceil(refusal.seconds / 60) });
    }
    if (refusal.code === "kept_until") {
      return t("refusal.kept_until", { day: day(`${refusal.until}T12:00:00Z`, "UTC") });
    }
    if (refusal.code === "recording_deleted") {
      return t("refusal.recording_deleted", { day: day(refusal.at, "Europe/Paris") });
    }
    const key = `refusal.${refusal.code}`;
    return i18n.exists(`app:${key}`) ? t(key as "refusal.busy") : t("refusal.out_of_turn");
  };
}
