import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { OfficePage } from "../../app/office/OfficePage";
import { sessionHref } from "../../routes";
import layout from "../../ui/layout.module.css";
import { ByHand } from "./ByHand";
import { Expected } from "./Expected";
import en from "./en.json";
import fr from "./fr.json";
import { Paste } from "./Paste";

addWords("enrolment", { fr, en });

/** Who is enrolled in a session of a parcours: expected at all its séances. */
export default function SessionEnrolments({ session }: { session: string }) {
  const { t } = useTranslation("enrolment");
  const of = `sessions-formation/${session}`;
  return (
    <OfficePage
      title={t("session.title")}
      intro={t("session.intro")}
      back={{ href: sessionHref(session), label: t("session.back") }}
    >
      {() => (
        <>
          <div className={layout.columns}>
            <ByHand of={of} />
            <Paste of={of} />
          </div>
          <Expected of={of} seance={null} />
        </>
      )}
    </OfficePage>
  );
}
