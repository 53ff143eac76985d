import { useTranslation } from "react-i18next";
import { day, hoursOf, timeOfDay } from "../../app/dates";
import { isAbsent, useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import type { SessionInterventions } from "../../protocol/office";
import layout from "../../ui/layout.module.css";
import { Table } from "../../ui/Table";

/** Who led what and for how long: the trainers' time, which is never a trainee's. */
export function Interventions({ session }: { session: string }) {
  const { t } = useTranslation("hours");
  const found = useAsked<SessionInterventions>(`sessions-formation/${session}/interventions`);
  if (isAbsent(found)) return null;
  return (
    <section className={layout.stack} data-testid="interventions">
      <h2>{t("interventions.title")}</h2>
      <Shown of={found}>
        {(answer) => (
          <>
            <p className={layout.small}>{t(`interventions.sharing.${answer.sharing}`)}</p>
            <Lines found={answer} />
            <ul className={layout.lines}>
              {answer.totals.map((total) => (
                <li key={total.person}>
                  {t("interventions.total", { name: total.name, credited: hoursOf(total.credited) })}
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
    </section>
  );
}

function Lines({ found }: { found: SessionInterventions }) {
  const { t } = useTranslation("hours");
  const rows = found.seances.flatMap((seance) => seance.people.map((one) => ({ seance, one })));
  return (
    <Table
      caption={t("interventions.title")}
      rows={rows}
      rowKey={({ seance, one }) => `${seance.seance}-${one.person}`}
      rowAttributes={({ one }) => ({ "data-testid": "intervention", "data-name": one.name })}
      empty={t("interventions.none")}
      columns={[
        {
          id: "who",
          head: t("interventions.who"),
          rowHeader: true,
          cell: ({ one }) => (
            <>
              {one.name}
              <br />
              <span className={layout.small}>{t(`interventions.roles.${roleOf(one.role)}`)}</span>
            </>
          ),
        },
        {
          id: "seance",
          head: t("interventions.seance"),
          cell: ({ seance }) => (
            <>
              {seance.title}
              <br />
              <span className={layout.small}>
                {day(seance.startsAt, seance.timeZone)}, {timeOfDay(seance.startsAt, seance.timeZone)}
                {seance.closed ? "" : ` (${t("interventions.open")})`}
              </span>
            </>
          ),
        },
        {
          id: "animation",
          head: t("interventions.animation"),
          align: "end",
          cell: ({ one }) => (
            <>
              {hoursOf(one.animation)}
              <br />
              <span className={layout.small}>
                {t("interventions.aside", { before: one.before, after: one.after })}
              </span>
            </>
          ),
        },
        {
          id: "credited",
          head: t("interventions.credited"),
          align: "end",
          cell: ({ one }) => (
            <>
              <span data-testid="intervention-credited">{hoursOf(one.credited)}</span>
              {one.byHand ? (
                <>
                  <br />
                  <span className={layout.small}>{t("interventions.byHand")}</span>
                </>
              ) : null}
            </>
          ),
        },
      ]}
    />
  );
}

/** Trainees and observers are in no such table. */
function roleOf(role: string): "trainer" | "co_trainer" | "tutor" {
  return role === "co_trainer" || role === "tutor" ? role : "trainer";
}
