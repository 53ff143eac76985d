import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { OfficePage } from "../../app/office/OfficePage";
import { may } from "../../app/office/roles";
import { Shown } from "../../app/office/Shown";
import type { Parcours, SessionFormation } from "../../protocol/office";
import { sessionHoursHref, sessionHref } from "../../routes";
import { Tag } from "../../ui/Card";
import { Fold } from "../../ui/Fold";
import { ButtonLink } from "../../ui/Link";
import { Long } from "../../ui/Long";
import layout from "../../ui/layout.module.css";
import { dates } from "./dates";
import { EditParcours } from "./EditParcours";
import en from "./en.json";
import fr from "./fr.json";
import { NewSession } from "./NewSession";

addWords("planning", { fr, en });

/** Sessions of parcours: what was delivered when, and the way to its séances and hours. */
export default function Sessions() {
  const { t } = useTranslation("planning");
  return (
    <OfficePage title={t("sessions.title")} back="home">
      {(me) => (
        <>
          {may.conceive(me) ? <NewSession me={me} /> : null}
          {may.conceive(me) ? <ParcoursList /> : null}
          <List leading={may.plan(me)} />
        </>
      )}
    </OfficePage>
  );
}

/** Those that there are, to be changed: also the ones that have no session yet. */
function ParcoursList() {
  const { t } = useTranslation("planning");
  const parcours = useAsked<Parcours[]>("parcours");
  const list = parcours.data ?? [];
  if (list.length === 0) return null;
  return (
    <Fold title={t("parcours.list", { count: list.length })} data-testid="parcours-list">
      <Long rows={list} text={({ title, identifiant }) => `${title} ${identifiant}`}>
        {(some) => (
          <ul className={layout.lines}>
            {some.map((one) => (
              <li key={one.id} className={layout.line} data-testid="parcours-row">
                <div className={layout.rowMain}>
                  <span>{one.title}</span>
                  <span className={layout.small}>{one.identifiant}</span>
                </div>
                <EditParcours parcours={one} />
              </li>
            ))}
          </ul>
        )}
      </Long>
    </Fold>
  );
}

function List({ leading }: { leading: boolean }) {
  const { t } = useTranslation("planning");
  const sessions = useAsked<SessionFormation[]>("sessions-formation");
  return (
    <Shown of={sessions}>
      {(list) =>
        list.length === 0 ? (
          <p className={layout.empty}>{t("sessions.none")}</p>
        ) : (
          <Long rows={list} text={({ title, academy }) => `${title} ${academy}`}>
            {(some) => (
              <ul className={layout.rows}>
                {some.map((session) => (
                  <Row key={session.id} session={session} leading={leading} />
                ))}
              </ul>
            )}
          </Long>
        )
      }
    </Shown>
  );
}

function Row({ session, leading }: { session: SessionFormation; leading: boolean }) {
  const { t } = useTranslation("planning");
  return (
    <li className={layout.row} data-testid="session-row">
      <div className={layout.rowMain}>
        <h2>
          <Link href={sessionHref(session.id)}>{session.title}</Link>
        </h2>
        <p className={layout.small}>
          {dates(session)} · {session.academy}
        </p>
        <p className={layout.cluster}>
          <Tag tone={session.state === "open" ? "ok" : "plain"}>{t(`states.${session.state}`)}</Tag>
          <Tag tone="plain">{t(`modes.${session.hoursMode}`)}</Tag>
        </p>
      </div>
      {leading && (
        <ButtonLink href={sessionHoursHref(session.id)} data-testid="session-hours">
          {t("sessions.hours")}
          <span className="visually-hidden"> {session.title}</span>
        </ButtonLink>
      )}
    </li>
  );
}
