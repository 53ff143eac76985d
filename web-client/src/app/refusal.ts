import { useTranslation } from "react-i18next";
import type { Refusal } from "../protocol/generated/protocol";

/** Words for a refusal; one that a newer server invented gets general ones. */
export function useRefusalWords(): (refusal: Refusal) => string {
  const { t, i18n } = useTranslation("app");
  return (refusal) =>
    i18n.exists(`app:refusal.${refusal.code}`) ? t(`refusal.${refusal.code}`) : t("refusal.out_of_turn");
}
