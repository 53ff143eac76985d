import { useTranslation } from "react-i18next";
import type { Warning } from "../../protocol/office";

/** What the server noticed and did all the same, in words. */
export function useWarnings(): (warning: Warning) => string {
  const { t, i18n } = useTranslation("planning");
  return (warning) => {
    const key = `warnings.${warning.code}`;
    return i18n.exists(`planning:${key}`)
      ? t(key as "warnings.other", { ...warning })
      : t("warnings.other", { code: warning.code });
  };
}
