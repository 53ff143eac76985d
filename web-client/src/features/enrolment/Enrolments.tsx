import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { SeanceFrame } from "../../app/office/SeanceFrame";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { ByHand } from "./ByHand";
import { Expected } from "./Expected";
import en from "./en.json";
import fr from "./fr.json";
import { OpenLink } from "./OpenLink";
import { Paste } from "./Paste";

addWords("enrolment", { fr, en });

/** Who is expected, and how they get in. */
export default function Enrolments({ seance }: { seance: string }) {
  const { t } = useTranslation("enrolment");
  return (
    <SeanceFrame seance={seance} title={t("title")}>
      {(view) => (
        <>
          <div className={layout.columns}>
            <ByHand of={`seances/${seance}`} />
            <Paste of={`seances/${seance}`} />
          </div>
          {view.guests ? (
            <Fold title={t("open.title")}>
              <OpenLink seance={seance} />
            </Fold>
          ) : null}
          <Expected of={`seances/${seance}`} seance={seance} />
        </>
      )}
    </SeanceFrame>
  );
}
