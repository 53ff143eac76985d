import {
  CalendarClock,
  CalendarPlus,
  ChartColumn,
  ClipboardCheck,
  FileInput,
  FolderOpen,
  School,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { OfficePage } from "../../app/office/OfficePage";
import { may } from "../../app/office/roles";
import type { Me } from "../../protocol/office";
import { paths } from "../../routes";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { Attestations } from "./Attestations";
import { Expiring } from "./Expiring";
import en from "./en.json";
import fr from "./fr.json";
import { MyHours } from "./MyHours";
import { MyInterventions } from "./MyInterventions";
import { MySeances } from "./MySeances";
import { ToAttest } from "./ToAttest";

addWords("home", { fr, en });

/** The first screen of everybody who is logged in: what concerns this person, most pressing first. */
export default function Home() {
  const { t } = useTranslation("home");
  return (
    <OfficePage title={t("title")}>
      {(me) => (
        <>
          <Doors me={me} />
          {may.plan(me) ? <ToAttest /> : null}
          <Expiring />
          <MySeances managing={may.manage(me)} />
          <div className={layout.columns}>
            <MyHours />
            <Attestations />
            <MyInterventions />
          </div>
        </>
      )}
    </OfficePage>
  );
}

/** The ways that this person's roles open, in the order of how often they are taken. */
function Doors({ me }: { me: Me }) {
  const { t } = useTranslation("home");
  const doors: [boolean, string, string, ReactNode][] = [
    [may.plan(me), paths.newSeance, "newSeance", <CalendarPlus key="i" aria-hidden="true" />],
    [may.plan(me), paths.sessions, "sessions", <FolderOpen key="i" aria-hidden="true" />],
    [may.manage(me), paths.gaia, "gaia", <FileInput key="i" aria-hidden="true" />],
    [may.manage(me), paths.schools, "schools", <School key="i" aria-hidden="true" />],
    [may.people(me), paths.people, "people", <Users key="i" aria-hidden="true" />],
    [may.supervise(me), paths.supervision, "supervision", <ClipboardCheck key="i" aria-hidden="true" />],
    [may.manage(me), paths.statistics, "statistics", <ChartColumn key="i" aria-hidden="true" />],
    [may.manage(me), paths.retention, "retention", <CalendarClock key="i" aria-hidden="true" />],
    [true, paths.emargement, "emargement", <ClipboardCheck key="i" aria-hidden="true" />],
  ];
  return (
    <nav className={layout.cluster} aria-label={t("doors.label")}>
      {doors
        .filter(([open]) => open)
        .map(([, href, name, icon], index) => (
          <ButtonLink
            key={name}
            href={href}
            icon={icon}
            look={index === 0 && name !== "emargement" ? "primary" : "secondary"}
            data-testid={`door-${name}`}
          >
            {t(`doors.${name}` as "doors.gaia")}
          </ButtonLink>
        ))}
    </nav>
  );
}
