import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Declaration } from "./Declaration";
import en from "./en.json";
import fr from "./fr.json";

addWords("privacy", { fr, en });

const PARTS = {
  kept: ["kept.presence", "kept.identity", "kept.recording"],
  never: ["never.engagement", "never.network", "never.thirds"],
  seen: ["seen.oneself", "seen.trainers", "seen.managers", "seen.inspectors"],
  rights: ["rights.download", "rights.correct", "rights.views", "rights.erase"],
} as const;

/** What is kept about people, who sees it, and what they can do. */
export default function Privacy() {
  const { t } = useTranslation("privacy");
  const names = Object.keys(PARTS) as (keyof typeof PARTS)[];
  return (
    <Declaration
      title={t("title")}
      intro={t("intro")}
      parts={names.map((name) => ({
        title: t(`${name}.title`),
        points: PARTS[name].map((point) => t(point)),
      }))}
    />
  );
}
