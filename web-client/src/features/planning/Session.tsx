import { Archive, CalendarPlus, Clock, TriangleAlert, UserPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { addWords } from "../../app/i18n";
import { useAsked, useSent } from "../../app/office/asking";
import { useNames } from "../../app/office/names";
import { OfficePage } from "../../app/office/OfficePage";
import { When } from "../../app/office/SeanceFrame";
import { Shown } from "../../app/office/Shown";
import type { Refusal } from "../../protocol/generated/protocol";
import type { SessionDetail, SessionFormation } from "../../protocol/office";
import { paths, sessionEnrolmentsHref, sessionHoursHref, settingsHref } from "../../routes";
import { Button } from "../../ui/Button";
import { Note, Tag } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { dates } from "./dates";
import en from "./en.json";
import fr from "./fr.json";

addWords("planning", { fr, en });

type Unattested = Extract<Refusal, { code: "unattested" }>;

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
  const { t } = useTranslation("planning");
  const names = useNames();
  const { session: view, parcours, seances, enrolments } = detail;
  return (
    <>
      <p className={layout.intro}>
        {parcours.title} · {dates(view)} · {view.academy} · {t(`modes.${view.hoursMode}`)}
      </p>
      <div className={layout.cluster}>
        {enrolments && (
          <ButtonLink
            look="primary"
            href={sessionHoursHref(view.id)}
            icon={<Clock aria-hidden="true" />}
            data-testid="session-hours"
          >
            {t("sessions.hours")}
          </ButtonLink>
        )}
        <ButtonLink
          href={`${paths.newSeance}?session=${view.id}`}
          icon={<CalendarPlus aria-hidden="true" />}
          data-testid="session-new-seance"
        >
          {t("sessions.addSeance")}
        </ButtonLink>
        <ButtonLink
          href={sessionEnrolmentsHref(view.id)}
          icon={<UserPlus aria-hidden="true" />}
          data-testid="session-enrol"
        >
          {t("sessions.enrol")}
        </ButtonLink>
        {view.state === "archived" ? (
          <Tag tone="plain">{t("states.archived")}</Tag>
        ) : (
          <ToArchive view={view} />
        )}
      </div>
      <section className={layout.tight} aria-labelledby="session-seances">
        <h2 id="session-seances">{t("sessions.seances")}</h2>
        {seances.length === 0 ? <p className={layout.empty}>{t("sessions.noSeance")}</p> : null}
        <ul className={layout.rows}>
          {seances.map((seance) => (
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
      {enrolments ? (
        <section className={layout.tight} aria-labelledby="session-people">
          <h2 id="session-people">{t("sessions.people", { count: enrolments.length })}</h2>
          <ul className={layout.lines}>
            {enrolments.map(({ person, role }) => (
              <li key={person.id} className={layout.line}>
                <span>{names.listed(person)}</span>
                <span className={layout.small}>{t(`roles.${role}`)}</span>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}

/** For good. Who is left without an answer is told before, and may be left so. */
function ToArchive({ view }: { view: SessionFormation }) {
  const { t } = useTranslation("planning");
  const [asking, setAsking] = useState(false);
  const [left, setLeft] = useState<Unattested | null>(null);
  const open = (opened: boolean) => {
    setAsking(opened);
    setLeft(null);
  };
  const archive = useSent({
    done: t("sessions.archived"),
    after: () => open(false),
    refused: (refusal) => {
      if (refusal.code !== "unattested") return false;
      setLeft(refusal);
      return true;
    },
  });
  return (
    <>
      <Button
        look="quiet"
        icon={<Archive aria-hidden="true" />}
        onPress={() => open(true)}
        data-testid="archive"
      >
        {t("sessions.archive")}
      </Button>
      <Dialog
        question
        title={t("sessions.archiveTitle")}
        isOpen={asking}
        onOpenChange={open}
        actions={
          <>
            <Button onPress={() => open(false)}>{t("settings.keep")}</Button>
            <Button
              look="danger"
              isPending={archive.busy}
              onPress={() =>
                archive.act({
                  method: "POST",
                  path: `sessions-formation/${view.id}/archive`,
                  body: { confirm: left !== null },
                })
              }
              data-testid="archive-confirm"
            >
              {t(left ? "sessions.archiveAnyway" : "sessions.archive")}
            </Button>
          </>
        }
      >
        <p>{t("sessions.archiveText")}</p>
        {left ? (
          <Note tone="warn" role="alert">
            <TriangleAlert aria-hidden="true" />
            <span data-testid="archive-left">
              {t("sessions.unattested", { count: left.people })}{" "}
              {left.proposed > 0 ? t("sessions.unattestedProposed", { count: left.proposed }) : ""}
            </span>
          </Note>
        ) : null}
      </Dialog>
    </>
  );
}
