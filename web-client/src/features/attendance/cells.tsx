import {
  CircleCheck,
  CircleDashed,
  CircleMinus,
  CircleX,
  Hourglass,
  TriangleAlert,
  UserX,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { lengthOf, timeOfDay } from "../../app/dates";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { scanHref } from "../../routes";
import {
  clockDuration,
  hasBegun,
  isTrainer,
  needsCheck,
  type Verdict as VerdictName,
  verdictOf,
} from "../../store/sheet";
import { Tag } from "../../ui/Card";
import styles from "./attendance.module.css";
import { Correct } from "./Correct";
import { History } from "./History";

export interface CellProps {
  row: PresenceRow;
  sheet: PresenceSheet;
}

const VERDICTS = {
  present: { Icon: CircleCheck, tone: "ok" },
  absent: { Icon: CircleX, tone: "danger" },
  under_way: { Icon: Hourglass, tone: "plain" },
  not_tracked: { Icon: CircleDashed, tone: "plain" },
  cancelled: { Icon: CircleMinus, tone: "plain" },
  excused: { Icon: UserX, tone: "plain" },
} as const satisfies Record<VerdictName, { Icon: typeof CircleCheck; tone: "ok" | "danger" | "plain" }>;

/** Flags the page has a sentence for. */
const SENTENCES = [
  "AUCUN_BATTEMENT",
  "CHEVAUCHEMENT",
  "COUPURE_SERVEUR_CREDITEE",
  "DOUBLE_ROLE",
  "FERME_PAR_FIN_SEANCE",
  "HORS_GAIA",
  "MODIFIE_DEPUIS_EXPORT",
  "MULTI_CONNEXION",
  "REFUSE_SALLE_ATTENTE",
  "SORTIE_SANS_LEAVE",
] as const;

/** Noise of the protocol: kept in the exports, nothing to say to a trainer. */
const SILENT: ReadonlySet<string> = new Set(["DOUBLON_JOIN", "LEAVE_ORPHELIN"]);

export function Person({ row, sheet }: CellProps) {
  const { t } = useTranslation("attendance");
  const guests = sheet.attached.filter(({ to }) => to === row.person);
  return (
    <span className={styles.name}>
      {row.name || t("erased")}
      {row.validable || row.identity === "none" ? null : <span className={styles.guest}>{t("guest")}</span>}
      {row.gaia.state === "unlisted" || row.gaia.state === "withdrawn" ? (
        <span className={styles.guest}>{t(`gaia.${row.gaia.state}`)}</span>
      ) : null}
      {guests.map((guest) => (
        <span key={guest.guest} className={styles.guest}>
          {t("attached", { name: guest.name })}
        </span>
      ))}
    </span>
  );
}

export function Arrival({ row, sheet }: CellProps) {
  return <Instant at={row.firstArrival} zone={sheet.seance.timeZone} />;
}

export function Departure({ row, sheet }: CellProps) {
  const { t } = useTranslation("attendance");
  if (row.here) {
    return (
      <span className={styles.here}>
        <span aria-hidden="true">●</span> {t("here")}
      </span>
    );
  }
  return <Instant at={row.lastDeparture} zone={sheet.seance.timeZone} />;
}

function Instant({ at, zone }: { at: string | null; zone: string }) {
  const { t } = useTranslation("attendance");
  if (at !== null) return <time dateTime={at}>{timeOfDay(at, zone)}</time>;
  return (
    <>
      <span aria-hidden="true">{t("never")}</span>
      <span className="visually-hidden">{t("neverWords")}</span>
    </>
  );
}

export function Time({ row }: CellProps) {
  const { t } = useTranslation("attendance");
  return (
    <span className={styles.time}>
      {clockDuration(row.presenceMs)}
      <span className={styles.detail}>{t("minutes", { minutes: row.minutes })}</span>
    </span>
  );
}

/** Of the recordings: for information. */
export function ReplaySeen({ row }: CellProps) {
  const { t } = useTranslation("attendance");
  if (row.replayMs > 0) return <span className={styles.time}>{clockDuration(row.replayMs)}</span>;
  return (
    <>
      <span aria-hidden="true">{t("never")}</span>
      <span className="visually-hidden">{t("neverWords")}</span>
    </>
  );
}

export function Verdict({ row, sheet }: CellProps) {
  const { t } = useTranslation("attendance");
  const verdict = verdictOf(row, sheet.closed);
  const { Icon, tone } = VERDICTS[verdict];
  return (
    <span className={styles.verdict}>
      <Tag tone={tone}>
        <Icon aria-hidden="true" />
        {t(verdict === "under_way" && !hasBegun(sheet) ? "status.to_come" : `status.${verdict}`)}
      </Tag>
      <ByHand row={row} />
      {needsCheck(row, sheet.closed) ? (
        <Tag tone="warn">
          <TriangleAlert aria-hidden="true" />
          {t("check")}
        </Tag>
      ) : null}
      <Correct row={row} />
    </span>
  );
}

/** Of those who lead: what their presence gives them. Tutors help, and are credited nothing. */
export function Intervention({ row, sheet }: CellProps) {
  const { t } = useTranslation("attendance");
  if (row.table !== "trainers") return <span className={styles.detail}>{t("intervention.tutor")}</span>;
  const verdict = verdictOf(row, sheet.closed);
  const { Icon, tone } = VERDICTS[verdict];
  return (
    <span className={styles.verdict}>
      <Tag tone={verdict === "absent" ? "plain" : tone} data-testid="intervention">
        <Icon aria-hidden="true" />
        {t(verdict === "under_way" && !hasBegun(sheet) ? "intervention.to_come" : `intervention.${verdict}`)}
      </Tag>
      <ByHand row={row} />
      <Correct row={row} />
    </span>
  );
}

/** What was computed, beside what somebody decided. */
function ByHand({ row }: { row: PresenceRow }) {
  const { t } = useTranslation("attendance");
  if (row.origin !== "manuel") return null;
  return (
    <span className={styles.detail} data-testid="first-value">
      {t("byHand", {
        status: t(`statusOf.${row.status}`),
        reason: row.reason ? t(`reasons.${row.reason}`) : "–",
      })}
    </span>
  );
}

export function Remarks({ row, sheet }: CellProps) {
  const { t } = useTranslation("attendance");
  const sentences = row.flags
    .filter((flag) => !SILENT.has(flag))
    .map((flag) => {
      const known = SENTENCES.find((code) => code === flag);
      return known ? t(`flags.${known}`) : t("flags.other", { code: flag });
    });
  if (sheet.closed && !isTrainer(row) && row.status === "absent" && row.connectedMs > 0) {
    const length = lengthOf(Math.floor(row.presenceMs / 1000) * 1000);
    sentences.unshift(row.presenceMs > 0 ? t("flags.partial", { length }) : t("flags.outside"));
  }
  if (row.declaredMin !== null) sentences.push(t("declared", { length: lengthOf(row.declaredMin * 60_000) }));
  if (row.signatures.length > 0) sentences.push(t("signatures", { count: row.signatures.length }));
  const scans = row.signatures.filter(({ attachmentSha256 }) => attachmentSha256 !== "");
  if (sentences.length === 0 && row.history.length === 0) return null;
  return (
    <>
      <ul className={styles.sentences}>
        {sentences.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
        {scans.map((signature) => (
          <li key={signature.halfDay}>
            <a href={scanHref(signature)} target="_blank" rel="noreferrer">
              {t("paperList")}
            </a>
          </li>
        ))}
      </ul>
      <History remarks={row.history} sheet={sheet} />
    </>
  );
}
