import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hoursOf as minutes } from "../../app/dates";
import { isAbsent, useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import { YearLines } from "../../app/office/YearLines";
import type { Account, AnnualHours } from "../../protocol/office";
import { Card } from "../../ui/Card";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Select } from "../../ui/Select";

/** The account of the school year in words, with a bar that says the same. */
export function MyHours() {
  const { t } = useTranslation("home");
  const [year, setYear] = useState("");
  const now = useAsked<AnnualHours>("hours/mine");
  const other = useAsked<AnnualHours>(year ? `hours/mine?year=${year}` : null, { stays: true });
  if (isAbsent(now)) return null;
  const hours = year ? other : now;
  // Whoever looks at a year finds the way back to the present one, also when it has nothing yet.
  const years = now.data?.years ?? [];
  return (
    <Card className={layout.tight} aria-labelledby="my-hours">
      <h2 id="my-hours">{t("hours.title")}</h2>
      {years.length > 1 ? (
        <Select
          label={t("hours.year")}
          value={year || String(now.data?.year)}
          options={years.map((one) => ({ value: String(one.year), label: one.schoolYear }))}
          onChange={(chosen) => setYear(chosen === String(now.data?.year) ? "" : chosen)}
          data-testid="hours-year"
        />
      ) : null}
      <Shown of={hours}>{(found) => <Year year={found} />}</Shown>
    </Card>
  );
}

function Year({ year }: { year: AnnualHours }) {
  const { t } = useTranslation("home");
  return (
    <>
      {year.account ? (
        <Words account={year.account} />
      ) : year.lines.length > 0 ? (
        <Total year={year} />
      ) : (
        <p className={layout.small}>{t("hours.none")}</p>
      )}
      {year.lines.length > 0 ? (
        <Fold title={t("hours.lines", { count: year.lines.length })} data-testid="hours-lines">
          <YearLines year={year} />
        </Fold>
      ) : null}
    </>
  );
}

/** Second degree: no account of 18 h, hours and days are only added up. */
function Total({ year }: { year: AnnualHours }) {
  const { t } = useTranslation("home");
  return (
    <p data-testid="hours-total">
      {t("hours.plain", {
        count: Number(year.days.replace(",", ".")),
        total: minutes(year.total),
        days: year.days,
      })}
    </p>
  );
}

function Words({ account }: { account: Account }) {
  const { t } = useTranslation("home");
  const { due, total, fc, remaining, fcMissing, excess } = account;
  return (
    <>
      <p data-testid="hours-total">{t("hours.total", { total: minutes(total), due: minutes(due.total) })}</p>
      <Bar part={total} whole={due.total} />
      <p>{t("hours.fc", { fc: minutes(fc), due: minutes(due.fc) })}</p>
      <Bar part={fc} whole={due.fc} />
      <p className={layout.small}>
        {account.satisfied
          ? excess > 0
            ? t("hours.excess", { excess: minutes(excess) })
            : t("hours.done")
          : t("hours.left", { remaining: minutes(remaining), fc: minutes(fcMissing) })}
      </p>
      {account.noDistance ? <p className={layout.small}>{t("hours.noDistance")}</p> : null}
      {account.digitalMissing === null ? null : (
        <p className={layout.small}>
          {t("hours.digitalMissing", { missing: minutes(account.digitalMissing) })}
        </p>
      )}
      <p className={layout.small}>{t("hours.rule")}</p>
    </>
  );
}

/** Decorative: the sentence above says the figures. */
function Bar({ part, whole }: { part: number; whole: number }) {
  const percent = whole > 0 ? Math.min(100, Math.round((100 * part) / whole)) : 100;
  return (
    <div className={layout.bar} aria-hidden="true">
      <span style={{ width: `${percent}%` }} />
    </div>
  );
}
