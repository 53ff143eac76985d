import { useTranslation } from "react-i18next";
import { day, lengthOf, timeOfDay } from "../../app/dates";
import type { Change, PresenceSheet, Remark } from "../../protocol/office";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";

/** Every correction with author, hour, reason, and what held before. Nothing is ever overwritten. */
export function History({ remarks, sheet }: { remarks: readonly Remark[]; sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const words = useChange(sheet);
  const zone = sheet.seance.timeZone;
  if (remarks.length === 0) return null;
  return (
    <Fold title={t("history.title", { count: remarks.length })} data-testid="history">
      <ol className={layout.lines}>
        {remarks.map((remark) => (
          <li key={remark.number} className={layout.small}>
            {t("history.line", {
              old: words(remark.old),
              new: words(remark.new),
              reason: t(`reasons.${remark.reason}`),
              author: remark.authorName || t("history.unknown"),
              day: day(remark.at, zone),
              time: timeOfDay(remark.at, zone),
            })}
            {remark.text ? ` « ${remark.text} »` : ""}
          </li>
        ))}
      </ol>
    </Fold>
  );
}

/** A value of a correction in words. */
function useChange(sheet: PresenceSheet): (change: Change) => string {
  const { t } = useTranslation("attendance");
  const nameOf = (person: string) =>
    sheet.rows.find((row) => row.person === person)?.name ?? t("history.somebody");
  return (change) => {
    switch (change.kind) {
      case "status":
        return change.new === null ? t("history.computed") : t(`statusOf.${change.new}`);
      case "declared_minutes":
        return change.new === null
          ? t("history.computed")
          : t("history.declared", { length: lengthOf(change.new * 60_000) });
      case "attach":
        return change.new === null ? t("history.alone") : t("history.attached", { name: nameOf(change.new) });
      case "excuse":
        return t(change.new ? "history.excused" : "history.notExcused");
      case "threshold":
        return change.new.mode === "auto"
          ? t("history.half")
          : t("history.threshold", { length: lengthOf(change.new.minutes * 60_000) });
    }
  };
}
