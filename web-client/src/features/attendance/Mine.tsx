import { CircleCheck, Hourglass, Info } from "lucide-react";
import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import { Myself } from "../../app/office/Myself";
import { Page } from "../../app/Page";
import type { Entry } from "../../protocol/generated/protocol";
import type { PresenceSheet } from "../../protocol/office";
import { Note } from "../../ui/Card";
import { Ask } from "./Ask";
import styles from "./attendance.module.css";
import { Heading, Rule, Ways } from "./Heading";
import { History } from "./History";
import { Legend } from "./Legend";
import { Rows } from "./Rows";

const MINUTE_MS = 60_000;

interface MineProps {
  seance: string;
  ticket: string | null;
  sheet: PresenceSheet;
  entry: Entry | null;
  stale: boolean;
  again: () => void;
}

/** What a participant sees: their own row, the rule, and what is missing. */
export function Mine({ seance, ticket, sheet, entry, stale, again }: MineProps) {
  const { t } = useTranslation("attendance");
  const row = sheet.rows[0];
  const missing = row ? sheet.thresholdMin * MINUTE_MS - row.presenceMs : 0;
  const Icon = missing > 0 ? Hourglass : CircleCheck;
  return (
    <Page title={t("mine.title")} actions={ticket === null ? <Myself /> : null}>
      <div className={styles.page}>
        <Heading sheet={sheet} stale={stale} title={t("mine.title")} />
        {row ? (
          <Note tone={missing > 0 ? "brand" : "ok"}>
            <Icon aria-hidden="true" />
            <span>
              {t("mine.counted", { presence: lengthOf(Math.floor(row.presenceMs / MINUTE_MS) * MINUTE_MS) })}{" "}
              {sheet.thresholdMin === 0
                ? null
                : missing > 0
                  ? t("mine.missing", { length: lengthOf(Math.ceil(missing / MINUTE_MS) * MINUTE_MS) })
                  : t("mine.reached")}
            </span>
          </Note>
        ) : (
          <Note>
            <Info aria-hidden="true" />
            {t(entry?.name === null ? "mine.unknown" : "mine.none")}
          </Note>
        )}
        <Rule sheet={sheet} />
        <div className={styles.ways}>
          <Ways seance={seance} entry={entry} closed={sheet.closed} />
        </div>
        {row ? (
          <>
            <Rows title={t("columns.presence")} sheet={sheet} rows={sheet.rows} empty="" />
            <Legend sheet={sheet} />
            <History remarks={row.history} sheet={sheet} />
            {row.enrolled ? (
              <Ask seance={seance} ticket={ticket} row={row} sheet={sheet} again={again} />
            ) : null}
          </>
        ) : null}
      </div>
    </Page>
  );
}
