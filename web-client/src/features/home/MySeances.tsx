import { CalendarClock, DoorOpen, ListChecks, Settings2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { frenchSpaces } from "../../app/dates";
import { useAsked, useFailureWords, useSent } from "../../app/office/asking";
import { useEnter } from "../../app/office/enter";
import { When } from "../../app/office/SeanceFrame";
import { Shown } from "../../app/office/Shown";
import type { PlannedSeance } from "../../protocol/office";
import { presenceHref, settingsHref } from "../../routes";
import { Button, ToggleButton } from "../../ui/Button";
import { Tag } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";
import { toast } from "../../ui/toast";
import { type Period, periodOf, split } from "./periods";

const PERIODS: readonly Period[] = ["near", "past", "later"];
const REFRESH_MS = 60_000;

/** The séances of this person around today: now and next first, then what is past and waits to be validated. */
export function MySeances({ managing }: { managing: boolean }) {
  const { t } = useTranslation("home");
  const [period, setPeriod] = useState<Period>("near");
  const [opened] = useState(() => new Date());
  const { from, to } = periodOf(period, opened);
  const seances = useAsked<PlannedSeance[]>(`seances?from=${from}&to=${to}`, { every: REFRESH_MS });
  return (
    <section aria-labelledby="my-seances" className={layout.tight}>
      <div className={layout.titleRow}>
        <h2 id="my-seances">{t(managing ? "seances.managed" : "seances.title")}</h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a set of buttons, not of fields. */}
        <div role="group" aria-label={t("seances.period")} className={layout.cluster}>
          {PERIODS.map((choice) => (
            <ToggleButton
              key={choice}
              size="small"
              isSelected={period === choice}
              data-testid={`period-${choice}`}
              onChange={() => setPeriod(choice)}
            >
              {t(`seances.${choice}`)}
            </ToggleButton>
          ))}
        </div>
      </div>
      <Shown of={seances}>
        {(list) =>
          list.length === 0 ? (
            <p className={layout.empty}>
              {t(`seances.none.${managing && period === "near" ? "managed" : period}`)}
            </p>
          ) : (
            split(list, opened).map(([group, members]) => (
              <div key={group} className={layout.tight}>
                <h3>{t(`seances.groups.${group}`)}</h3>
                <ul className={layout.rows}>
                  {members.map((seance) => (
                    <SeanceRow key={seance.id} seance={seance} managing={managing} />
                  ))}
                </ul>
              </div>
            ))
          )
        }
      </Shown>
    </section>
  );
}

function SeanceRow({ seance, managing }: { seance: PlannedSeance; managing: boolean }) {
  const { t } = useTranslation("home");
  const role = seance.mine?.role;
  const leads = role === "trainer" || role === "co_trainer" || (managing && !role);
  const past = seance.state === "ended" || seance.state === "cancelled";
  return (
    <li className={layout.row} data-testid="seance-row" data-title={seance.title}>
      <div className={layout.rowMain}>
        <h4>{frenchSpaces(seance.title)}</h4>
        <p className={layout.small}>
          <When view={seance} />
        </p>
        <p className={layout.cluster}>
          {role ? <Tag tone="plain">{t(`roles.${role}`)}</Tag> : null}
          {seance.state === "live" ? <Tag tone="ok">{t("seances.live")}</Tag> : null}
          {seance.state === "cancelled" ? <Tag tone="danger">{t("seances.cancelled")}</Tag> : null}
        </p>
      </div>
      <div className={layout.cluster}>
        {past || !role ? null : <Enter seance={seance.id} title={seance.title} />}
        {leads ? (
          <>
            {past || seance.state === "live" ? <ToPresence seance={seance} look="secondary" /> : null}
            <ButtonLink
              look="quiet"
              href={settingsHref(seance.id)}
              icon={<Settings2 aria-hidden="true" />}
              data-testid="seance-settings"
            >
              {t("seances.prepare")}
            </ButtonLink>
          </>
        ) : past && seance.state !== "cancelled" ? (
          <ToPresence seance={seance} look="quiet" />
        ) : (
          <>
            {role && seance.state === "planned" ? <Answer seance={seance} /> : null}
            <ButtonLink
              look="quiet"
              href={`/api/seances/${seance.id}/calendar.ics`}
              icon={<CalendarClock aria-hidden="true" />}
              download
            >
              {t("seances.calendar")}
            </ButtonLink>
          </>
        )}
      </div>
    </li>
  );
}

/** "Je viendrai": asked of those who are expected, until they have said it. */
function Answer({ seance }: { seance: PlannedSeance }) {
  const { t } = useTranslation("home");
  const said = useSent({ done: t("answer.done") });
  const say = (answer: "yes" | "no") =>
    said.act({ method: "POST", path: `seances/${seance.id}/answer`, body: { answer } });
  return (
    <>
      {(["yes", "no"] as const).map((answer) => (
        <ToggleButton
          key={answer}
          size="small"
          isSelected={seance.mine?.answer === answer}
          isDisabled={said.busy}
          onChange={() => say(answer)}
          data-testid={`answer-${answer}`}
        >
          {t(`answer.${answer}`)}
          <span className="visually-hidden"> {seance.title}</span>
        </ToggleButton>
      ))}
    </>
  );
}

function ToPresence({ seance, look }: { seance: PlannedSeance; look: "secondary" | "quiet" }) {
  const { t } = useTranslation("home");
  return (
    <ButtonLink
      look={look}
      href={presenceHref(seance.id, null)}
      icon={<ListChecks aria-hidden="true" />}
      data-testid="seance-presence"
    >
      {t("seances.presence")}
      <span className="visually-hidden"> {seance.title}</span>
    </ButtonLink>
  );
}

function Enter({ seance, title }: { seance: string; title: string }) {
  const { t } = useTranslation("home");
  const words = useFailureWords();
  const { enter, busy } = useEnter((_ticket, link) => location.assign(link));
  return (
    <Button
      look="primary"
      icon={<DoorOpen aria-hidden="true" />}
      isPending={busy}
      onPress={() => enter(seance, { onError: (error) => toast(words(error), "danger") })}
      data-testid="seance-enter"
    >
      {t("seances.enter")}
      <span className="visually-hidden"> {title}</span>
    </Button>
  );
}
