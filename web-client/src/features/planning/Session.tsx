import { CalendarPlus, Clock, UserPlus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { hoursOf } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useAsked } from "../../app/office/asking";
import { useNames } from "../../app/office/names";
import { OfficePage } from "../../app/office/OfficePage";
import { When } from "../../app/office/SeanceFrame";
import { Shown } from "../../app/office/Shown";
import type { EnrolmentView, Parcours, PlannedSeance, SessionDetail } from "../../protocol/office";
import { paths, sessionEnrolmentsHref, sessionHoursHref, settingsHref } from "../../routes";
import { Tag } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import { Long } from "../../ui/Long";
import layout from "../../ui/layout.module.css";
import { dates } from "./dates";
import { EditParcours } from "./EditParcours";
import { EditSession } from "./EditSession";
import en from "./en.json";
import fr from "./fr.json";
import { SessionSteps } from "./SessionSteps";

addWords("planning", { fr, en });

/** One session of a parcours: its séances, who is enrolled, its hours. */
export default function Session({ session }: { session: string }) {
  const { t } = useTranslation("planning");
  const answer = useAsked<SessionDetail>(`sessions-formation/${session}`);
  return (
    <OfficePage
      title={answer.data?.session.title ?? t("sessions.one")}
      back={{ href: paths.sessions, label: t("sessions.title") }}
    >
      {() => <Shown of={answer}>{(detail) => <Known detail={detail} />}</Shown>}
    </OfficePage>
  );
}

function Known({ detail }: { detail: SessionDetail }) {
  return (
    <>
      <Facts detail={detail} />
      <Ways detail={detail} />
      <Seances of={detail.seances} />
      {detail.enrolments ? <People of={detail.enrolments} /> : null}
    </>
  );
}

/** What is announced, and how it becomes hours, in words. */
function Facts({ detail }: { detail: SessionDetail }) {
  const { t } = useTranslation("planning");
  const { session, parcours } = detail;
  const { rule } = session;
  const amount = rule.kind === "at_least" ? rule.count : rule.kind === "ratio" ? rule.percent : 0;
  return (
    <dl className={layout.facts} data-testid="session-facts">
      <div>
        <dt>{t("sessions.state")}</dt>
        <dd>
          <Tag tone={session.state === "open" ? "ok" : "plain"} data-testid="session-state">
            {t(`states.${session.state}`)}
          </Tag>
        </dd>
      </div>
      <Fact name={t("sessions.parcours")}>
        {[parcours.identifiant, parcours.title].filter(Boolean).join(" · ")}
      </Fact>
      <Fact name={t("sessions.dates")}>{dates(session)}</Fact>
      <Fact name={t("fields.academy")}>{session.academy}</Fact>
      <Fact name={t("parcours.announced")}>
        <Announced of={parcours} />
      </Fact>
      <Fact name={t("sessions.mode")}>{t(`modes.${session.hoursMode}`)}</Fact>
      {session.hoursMode === "attestee" ? (
        <Fact name={t("rules.proposed")}>{t(`rules.says.${rule.kind}`, { count: amount })}</Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Announced({ of }: { of: Parcours }) {
  const { t } = useTranslation("planning");
  const { distance, presence } = of.announced;
  if (!of.counted) return t("parcours.uncounted");
  const parts = [
    distance === null ? null : t("parcours.distance", { hours: hoursOf(distance) }),
    presence === null ? null : t("parcours.presence", { hours: hoursOf(presence) }),
  ].filter((text) => text !== null);
  return parts.length > 0 ? parts.join(", ") : t("parcours.notFilled");
}

/** What may be done, as far as it may; an archived session is only read. */
function Ways({ detail }: { detail: SessionDetail }) {
  const { t } = useTranslation("planning");
  const { session, parcours, enrolments, may } = detail;
  const changing = may.change && session.state !== "archived";
  return (
    <div className={layout.cluster}>
      {enrolments && (
        <ButtonLink
          look={session.state === "prep" ? "secondary" : "primary"}
          href={sessionHoursHref(session.id)}
          icon={<Clock aria-hidden="true" />}
          data-testid="session-hours"
        >
          {t("sessions.hours")}
        </ButtonLink>
      )}
      {changing ? (
        <ButtonLink
          href={`${paths.newSeance}?session=${session.id}`}
          icon={<CalendarPlus aria-hidden="true" />}
          data-testid="session-new-seance"
        >
          {t("sessions.addSeance")}
        </ButtonLink>
      ) : null}
      {enrolments && changing ? (
        <ButtonLink
          href={sessionEnrolmentsHref(session.id)}
          icon={<UserPlus aria-hidden="true" />}
          data-testid="session-enrol"
        >
          {t("sessions.enrol")}
        </ButtonLink>
      ) : null}
      <SessionSteps detail={detail} />
      {changing ? <EditSession detail={detail} /> : null}
      {may.design ? <EditParcours parcours={parcours} /> : null}
    </div>
  );
}

function Seances({ of }: { of: PlannedSeance[] }) {
  const { t } = useTranslation("planning");
  return (
    <section className={layout.tight} aria-labelledby="session-seances">
      <h2 id="session-seances">{t("sessions.seances")}</h2>
      {of.length === 0 ? <p className={layout.empty}>{t("sessions.noSeance")}</p> : null}
      <ul className={layout.rows}>
        {of.map((seance) => (
          <li key={seance.id} className={layout.row}>
            <div className={layout.rowMain}>
              <h3>
                <Link href={settingsHref(seance.id)}>{seance.title}</Link>
              </h3>
              <p className={layout.small}>
                <When view={seance} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function People({ of }: { of: EnrolmentView[] }) {
  const { t } = useTranslation("planning");
  const names = useNames();
  return (
    <section className={layout.tight} aria-labelledby="session-people">
      <h2 id="session-people">{t("sessions.people", { count: of.length })}</h2>
      <Long rows={of} text={({ person }) => `${names.listed(person)} ${person.email}`}>
        {(some) => (
          <ul className={layout.lines}>
            {some.map(({ person, role }) => (
              <li key={person.id} className={layout.line} data-testid="session-person">
                <span>{names.listed(person)}</span>
                <span className={layout.small}>{t(`roles.${role}`)}</span>
              </li>
            ))}
          </ul>
        )}
      </Long>
    </section>
  );
}
