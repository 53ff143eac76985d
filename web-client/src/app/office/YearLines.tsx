import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { AnnualHours } from "../../protocol/office";
import { Tag } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { calendarDay, frenchSpaces } from "../dates";
import { useHoursWords } from "./hours";

type YearLine = AnnualHours["lines"][number];

interface YearLinesProps {
  year: AnnualHours;
  /** What may be done about a line whose parcours was already followed in the year. */
  repeated?: (line: YearLine) => ReactNode;
}

/** Where the hours of a year come from: one line a session, with what it gave and why it gave nothing. */
export function YearLines({ year, repeated }: YearLinesProps) {
  const { t } = useTranslation("app");
  const words = useHoursWords();
  if (year.lines.length === 0) return <p className={layout.small}>{t("hours.none")}</p>;
  return (
    <ul className={layout.lines}>
      {year.lines.map((line) => (
        <li key={line.sessionFormation} className={layout.line} data-testid="year-line">
          <div className={layout.rowMain}>
            <span>{frenchSpaces(line.title)}</span>
            <span className={layout.small}>
              {[line.identifiant, calendarDay(line.on), line.attested ? t("hours.attested") : ""]
                .filter(Boolean)
                .join(" · ")}
            </span>
          </div>
          <span className={layout.cluster}>
            {line.repeated ? (
              <>
                <Tag tone="warn">
                  <TriangleAlert aria-hidden="true" />
                  {t("hours.repeated")}
                </Tag>
                {repeated?.(line)}
              </>
            ) : null}
            <strong data-testid="year-hours">{words(line.hours)}</strong>
          </span>
        </li>
      ))}
    </ul>
  );
}
