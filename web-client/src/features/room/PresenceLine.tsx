import { ClipboardCheck } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { entryTicket, ownTicket } from "../../app/ticket";
import type { PresenceSheet } from "../../protocol/generated/attendance";
import { fetchJson } from "../../protocol/rest";
import { useClassroom, useRoom } from "./context";
import styles from "./room.module.css";

const EVERY_MS = 30_000;
const MINUTE_MS = 60_000;

export interface OwnPresence {
  minutes: number;
  /** Of the counted window. */
  total: number;
  needed: number;
}

/** What is counted for this person, from their own row of the sheet; null when nothing is. */
export function useOwnPresence(seance: string, everyMs: number | null): OwnPresence | null {
  const [presence, setPresence] = useState<OwnPresence | null>(null);
  useEffect(() => {
    // Behind an open link only the stay says who this is.
    const ticket = ownTicket(seance) ?? entryTicket(seance);
    if (!ticket) return;
    const look = () =>
      fetchJson<PresenceSheet>("/api/presence/me", ticket).then(
        ({ rows: [row], thresholdMin, windowStart, windowEnd }) => {
          const total = Math.round((Date.parse(windowEnd) - Date.parse(windowStart)) / MINUTE_MS);
          setPresence(
            row?.validable && thresholdMin > 0 ? { minutes: row.minutes, total, needed: thresholdMin } : null,
          );
        },
        () => undefined,
      );
    void look();
    if (everyMs === null) return;
    const timer = setInterval(() => void look(), everyMs);
    return () => clearInterval(timer);
  }, [seance, everyMs]);
  return presence;
}

/** "Présence comptée : 47 min sur 60. Il en faut 30." Known at any moment, without asking, panel or not. */
export function PresenceLine() {
  const { t } = useTranslation("room");
  const { seance } = useClassroom();
  const counted = useRoom((state) => state.you?.role === "participant" || state.you?.role === "speaker");
  return counted ? <Line seance={seance} words={(key, values) => t(`presence.${key}`, values)} /> : null;
}

function Line({
  seance,
  words,
}: {
  seance: string;
  words: (key: "counted" | "reached", values: { minutes: number; total: number; needed: number }) => string;
}) {
  const presence = useOwnPresence(seance, EVERY_MS);
  if (!presence) return null;
  return (
    <p className={`${styles.presence} on-paper`} data-testid="own-presence">
      <ClipboardCheck aria-hidden="true" />
      {words(presence.minutes >= presence.needed ? "reached" : "counted", { ...presence })}
    </p>
  );
}
