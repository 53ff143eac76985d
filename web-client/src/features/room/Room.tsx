import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { Page } from "../../app/Page";
import en from "./en.json";
import fr from "./fr.json";

addWords("room", { fr, en });

export default function Room({ seance }: { seance?: string; recording?: string }) {
  const { t } = useTranslation("room");
  return (
    <Page title={t("title")}>
      <h1>{seance}</h1>
    </Page>
  );
}
