import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import type { Me, PlannedSeance } from "../../protocol/office";
import {
  emargementHref,
  enrolmentsHref,
  paths,
  presenceHref,
  seanceGaiaHref,
  settingsHref,
} from "../../routes";
import layout from "../../ui/layout.module.css";
import { day, frenchSpaces, timeOfDay, zoneWords } from "../dates";
import { useAsked } from "./asking";
import { OfficePage } from "./OfficePage";
import { Shown } from "./Shown";

interface SeanceFrameProps {
  seance: string;
  title: string;
  actions?: ReactNode;
  children: (view: PlannedSeance, me: Me) => ReactNode;
}

/** What the screens about one séance share: which one it is, and the way to the others. */
export function SeanceFrame({ seance, title, actions, children }: SeanceFrameProps) {
  const { t } = useTranslation("app");
  return (
    <OfficePage title={title} back={{ href: paths.home, label: t("office.home") }} actions={actions}>
      {(me) => <Framed seance={seance}>{(view) => children(view, me)}</Framed>}
    </OfficePage>
  );
}

function Framed({ seance, children }: { seance: string; children: (view: PlannedSeance) => ReactNode }) {
  const answer = useAsked<PlannedSeance>(`seances/${seance}`);
  return (
    <Shown of={answer}>
      {(view) => (
        <>
          <p className={layout.intro}>
            {frenchSpaces(view.title)} — <When view={view} />
          </p>
          <SeanceNav seance={seance} />
          {children(view)}
        </>
      )}
    </Shown>
  );
}

/** "mardi 24 novembre 2026, 14 h – 15 h 30 (heure de Paris)". */
export function When({ view }: { view: { startsAt: string; endsAt: string; timeZone: string } }) {
  const { startsAt, endsAt, timeZone } = view;
  return (
    <time dateTime={startsAt}>
      {day(startsAt, timeZone)}, {timeOfDay(startsAt, timeZone)} – {timeOfDay(endsAt, timeZone)} (
      {zoneWords(timeZone)})
    </time>
  );
}

export function SeanceNav({ seance }: { seance: string }) {
  const { t } = useTranslation("app");
  const [here] = useLocation();
  const screens = [
    ["settings", settingsHref(seance)],
    ["enrolments", enrolmentsHref(seance)],
    ["gaia", seanceGaiaHref(seance)],
    ["emargement", emargementHref(seance)],
    ["presence", presenceHref(seance, null)],
  ] as const;
  return (
    <nav className={layout.nav} aria-label={t("office.seanceNav")}>
      {screens.map(([name, href]) => (
        <Link
          key={name}
          href={href}
          aria-current={here === href ? "page" : undefined}
          data-testid={`tab-${name}`}
        >
          {t(`office.tabs.${name}`)}
        </Link>
      ))}
    </nav>
  );
}
