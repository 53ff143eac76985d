import { useTranslation } from "react-i18next";

interface Named {
  lastName: string;
  firstName: string;
}

/** How people are named: as lists sort them, and as one speaks of them. An erased identity is said to be one. */
export function useNames(): { listed: (person: Named) => string; spoken: (person: Named) => string } {
  const { t } = useTranslation("app");
  return {
    listed: ({ lastName, firstName }) => `${lastName} ${firstName}`.trim() || t("erasedName"),
    spoken: ({ lastName, firstName }) => `${firstName} ${lastName}`.trim() || t("erasedName"),
  };
}
