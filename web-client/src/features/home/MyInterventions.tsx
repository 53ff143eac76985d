import { useTranslation } from "react-i18next";
import { day, hoursOf } from "../../app/dates";
import { isAbsent, useAsked } from "../../app/office/asking";
import type { OwnInterventions } from "../../protocol/office";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";

/** What I led this school year; nothing at all for whoever led nothing. */
export function MyInterventions() {
  const { t } = useTranslation("home");
  const found = useAsked<OwnInterventions>("interventions/mine");
  const own = found.data;
  if (isAbsent(found) || !own || own.seances.length === 0) return null;
  return (
    <Card className={layout.tight} aria-labelledby="my-interventions" data-testid="my-interventions">
      <h2 id="my-interventions">{t("interventions.title")}</h2>
      <p>
        {t("interventions.total", {
          year: own.schoolYear,
          credited: hoursOf(own.credited),
          animation: hoursOf(own.animation),
        })}
      </p>
      <ul className={layout.lines}>
        {own.seances.map((seance) => {
          const one = seance.people[0];
          return (
            <li key={seance.seance}>
              {t(seance.closed ? "interventions.line" : "interventions.open", {
                title: seance.title,
                day: day(seance.startsAt, seance.timeZone),
                credited: hoursOf(one?.credited ?? 0),
              })}
            </li>
          );
        })}
      </ul>
      <p className={layout.small}>{t("interventions.rule")}</p>
    </Card>
  );
}
