import { useTranslation } from "react-i18next";
import { useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import { CopyLine } from "../../ui/CopyLine";
import layout from "../../ui/layout.module.css";

/** The link for guests, who only type a name: listed, without hours. */
export function OpenLink({ seance }: { seance: string }) {
  const { t } = useTranslation("enrolment");
  const answer = useAsked<{ link: string }>(`seances/${seance}/open-link`);
  return (
    <div className={layout.tight}>
      <p className={layout.small}>{t("open.text")}</p>
      <Shown of={answer}>{({ link }) => <CopyLine label={t("open.label")} value={link} />}</Shown>
    </div>
  );
}
