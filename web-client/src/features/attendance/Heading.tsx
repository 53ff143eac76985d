import { ArrowLeft, Clapperboard, Info, WifiOff } from "lucide-react";
import { useTranslation } from "react-i18next";
import { day, frenchSpaces, lengthOf, timeOfDay, zoneWords } from "../../app/dates";
import type { Entry } from "../../protocol/generated/protocol";
import type { PresenceSheet } from "../../protocol/office";
import { replayHref, seanceHref } from "../../routes";
import { hasBegun } from "../../store/sheet";
import { Note, Tag } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import styles from "./attendance.module.css";

const MINUTE_MS = 60_000;

/** Which séance, when, and how fresh the figures are. */
export function Heading({ sheet, stale, title }: { sheet: PresenceSheet; stale: boolean; title?: string }) {
  const { t } = useTranslation("attendance");
  const { timeZone, startsAt, endsAt } = sheet.seance;
  const computed = timeOfDay(sheet.computedAt, timeZone);
  return (
    <div className={styles.heading}>
      <p>
        <Tag>
          {t("when", {
            day: day(startsAt, timeZone),
            start: timeOfDay(startsAt, timeZone),
            end: timeOfDay(endsAt, timeZone),
            zone: zoneWords(timeZone),
          })}
        </Tag>
      </p>
      <h1>{title ?? t("title")}</h1>
      <p className={styles.subtitle}>{frenchSpaces(sheet.seance.title)}</p>
      <div role="status">
        {stale ? (
          <Note tone="warn">
            <WifiOff aria-hidden="true" />
            {t("stale", { time: computed })}
          </Note>
        ) : sheet.closed ? null : (
          <Note>
            <Info aria-hidden="true" />
            <span>
              {/* Only the sentence is said again by screen readers, not each new hour. */}
              {t(hasBegun(sheet) ? "live" : "toCome")}{" "}
              <span aria-hidden="true">{t("updated", { time: computed })}</span>
            </span>
          </Note>
        )}
      </div>
    </div>
  );
}

/** The counted window and the rule, in a sentence. */
export function Rule({ sheet }: { sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const zone = sheet.seance.timeZone;
  const window = {
    threshold: lengthOf(sheet.thresholdMin * MINUTE_MS),
    start: timeOfDay(sheet.windowStart, zone),
    end: timeOfDay(sheet.windowEnd, zone),
  };
  if (sheet.seance.state === "cancelled") return <p className={styles.rule}>{t("cancelled")}</p>;
  return (
    <p className={styles.rule}>
      {t(sheet.thresholdMin > 0 ? "rule.tracked" : "rule.untracked", window)} {t("rule.minutes")}
    </p>
  );
}

/** To the replays that are ready, and back to the class while it runs. */
export function Ways({ seance, entry, closed }: { seance: string; entry: Entry | null; closed: boolean }) {
  const { t } = useTranslation("attendance");
  const recordings = entry?.permissions.includes("see_replay")
    ? entry.recordings.filter(({ ready }) => ready)
    : [];
  const zone = entry?.seance.timeZone ?? "Europe/Paris";
  const until = recordings.map(({ keptUntil }) => keptUntil).find((end) => end !== null);
  const gone = entry?.deletedRecordings.at(-1);
  return (
    <>
      {closed ? null : (
        <ButtonLink size="small" href={seanceHref(seance, null)} icon={<ArrowLeft aria-hidden="true" />}>
          {t("actions.back")}
        </ButtonLink>
      )}
      {recordings.map((recording, index) => (
        <ButtonLink
          key={recording.id}
          size="small"
          href={replayHref(seance, recording.id, null)}
          icon={<Clapperboard aria-hidden="true" />}
          data-testid="presence-replay"
        >
          {recordings.length > 1 ? t("actions.replayOf", { number: index + 1 }) : t("actions.replay")}
        </ButtonLink>
      ))}
      {until ? (
        <span className={styles.rule} data-testid="replay-kept-until">
          {t("actions.keptUntil", { day: day(until, zone) })}
        </span>
      ) : null}
      {gone ? (
        <span className={styles.rule} data-testid="replay-deleted">
          {t("actions.deleted", { day: day(gone.deletedAt, zone) })}
        </span>
      ) : null}
    </>
  );
}
