import { CircleCheck, CircleMinus, CircleX, Hourglass, Info, PenLine, UserX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import { Myself } from "../../app/office/Myself";
import { Page } from "../../app/Page";
import type { Entry } from "../../protocol/generated/protocol";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { signHref } from "../../routes";
import { type Verdict, verdictOf } from "../../store/sheet";
import { Note } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
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
  return (
    <Page title={t("mine.title")} actions={ticket === null ? <Myself /> : null}>
      <div className={styles.page}>
        <Heading sheet={sheet} stale={stale} title={t("mine.title")} />
        {row ? (
          <Headline row={row} sheet={sheet} />
        ) : (
          <Note>
            <Info aria-hidden="true" />
            {t(entry?.name === null ? "mine.unknown" : "mine.none")}
          </Note>
        )}
        <Rule sheet={sheet} />
        <div className={styles.ways}>
          <Ways seance={seance} entry={entry} closed={sheet.closed} />
          {sheet.halfDays.length > (row?.signatures.length ?? 0) ? (
            <ButtonLink
              size="small"
              look="primary"
              href={signHref(seance)}
              icon={<PenLine aria-hidden="true" />}
              data-testid="to-sign"
            >
              {t("mine.sign")}
            </ButtonLink>
          ) : null}
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

const ICONS = {
  present: CircleCheck,
  absent: CircleX,
  under_way: Hourglass,
  not_tracked: Info,
  cancelled: CircleMinus,
  excused: UserX,
} as const satisfies Record<Verdict, typeof Info>;

/**
 * The first sentence follows what was decided: minutes say something only where nothing else, a signature or somebody,
 * has said it already.
 */
function Headline({ row, sheet }: { row: PresenceRow; sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const verdict = verdictOf(row, sheet.closed);
  const Icon = ICONS[verdict];
  const whole = (ms: number, round: (minutes: number) => number) =>
    lengthOf(round(ms / MINUTE_MS) * MINUTE_MS);
  const missing = sheet.thresholdMin * MINUTE_MS - row.presenceMs;
  const words = () => {
    const counted = t("mine.counted", { presence: whole(row.presenceMs, Math.floor) });
    switch (verdict) {
      case "cancelled":
        return t("mine.cancelled");
      case "excused":
        return t("mine.excused");
      case "present":
        if (row.reason !== null) return t("mine.presentByHand");
        if (row.signatures.length > 0) return t("mine.signed", { count: row.signatures.length });
        return `${counted} ${t("mine.reached")}`;
      case "absent":
        if (row.reason !== null) return t("mine.absentByHand");
        return `${counted} ${t("mine.missed", { length: whole(missing, Math.ceil) })}`;
      case "under_way":
        return `${counted} ${t("mine.missing", { length: whole(missing, Math.ceil) })}`;
      case "not_tracked":
        return counted;
    }
  };
  return (
    <Note tone={verdict === "present" ? "ok" : "brand"} data-testid="own-verdict">
      <Icon aria-hidden="true" />
      <span>{words()}</span>
    </Note>
  );
}
