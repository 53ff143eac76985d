import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Declaration } from "./Declaration";
import en from "./en.json";
import fr from "./fr.json";

addWords("privacy", { fr, en });

const PARTS = {
  checked: ["axe", "keyboard", "reflow", "colour"],
  missing: ["audit", "captions", "readers"],
} as const;

/** The declaration of accessibility: what is checked, what is not. */
export default function Accessibility() {
  const { t } = useTranslation("privacy");
  const names = Object.keys(PARTS) as (keyof typeof PARTS)[];
  return (
    <Declaration
      title={t("accessibility.title")}
      intro={t("accessibility.intro")}
      parts={names.map((name) => ({
        title: t(`accessibility.${name}.title`),
        points: PARTS[name].map((point) =>
          t(`accessibility.${name}.${point}` as "accessibility.checked.axe"),
        ),
      }))}
    />
  );
}
