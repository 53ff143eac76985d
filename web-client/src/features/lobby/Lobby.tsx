import { CalendarClock, Clock } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../../app/announcer";
import { day, frenchSpaces, lengthOf, timeOfDay, zoneWords } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { Page } from "../../app/Page";
import { hasOwnPresence } from "../../app/ticket";
import type { Entry, Refusal } from "../../protocol/generated/protocol";
import { presenceHref, replayHref, signHref } from "../../routes";
import { leads } from "../../store/room";
import { Card, Note, Tag } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import { DeviceCheck } from "./DeviceCheck";
import { EntryCard } from "./EntryCard";
import en from "./en.json";
import fr from "./fr.json";
import styles from "./lobby.module.css";
import { stopPreview } from "./preview";

addWords("lobby", { fr, en });

export interface LobbyProps {
  seance: string;
  ticket: string;
  entry: Entry;
  /** Why the room said no just now. */
  refusal: Refusal | null;
  onEnter: (entering: { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null }) => void;
}

/** Before the room: what, when, with whom; then one click. */
export function Lobby({ seance, ticket, entry, refusal, onEnter }: LobbyProps) {
  const { t } = useTranslation("lobby");
  const { title, kind, startsAt, endsAt, timeZone, state, thresholdMin } = entry.seance;
  const open = useDoors(entry);
  // React leaves the lobby for the room with the devices already handed over; anywhere else they must stop.
  useEffect(() => stopPreview, []);

  const over = state === "ended" || state === "cancelled";
  const mayPublish = entry.permissions.includes("publish");
  return (
    <Page title={title}>
      <div className={styles.head}>
        <Tag>
          <CalendarClock aria-hidden="true" />
          {t("when", {
            day: day(startsAt, timeZone),
            from: timeOfDay(startsAt, timeZone),
            to: timeOfDay(endsAt, timeZone),
            zone: zoneWords(timeZone),
          })}
        </Tag>
        <h1>{frenchSpaces(title)}</h1>
        <p className={styles.sub}>
          {t(`kind.${kind}`)}
          {". "}
          {t("animatedBy", { names: names(entry.trainers) || t("trainersUnknown") })}
          {over ? "." : `. ${t("present", { count: entry.present })}`}
        </p>
      </div>
      {over ? (
        <Over seance={seance} ticket={ticket} entry={entry} />
      ) : (
        <div className={styles.columns}>
          <div className={styles.aside}>
            {open ? null : <Countdown entry={entry} />}
            {kind === "presentiel" && !leads(entry.role) ? (
              <ButtonLink look="primary" href={signHref(seance)} data-testid="to-sign">
                {t("sign")}
              </ButtonLink>
            ) : null}
            <EntryCard
              seance={seance}
              ticket={ticket}
              entry={entry}
              refusal={refusal}
              open={open}
              mayPublish={mayPublish}
              onEnter={onEnter}
            />
            {thresholdMin ? <p className={styles.hours}>{t("hours", { minutes: thresholdMin })}</p> : null}
          </div>
          {mayPublish ? <DeviceCheck withCamera={kind !== "audioconference"} /> : null}
        </div>
      )}
    </Page>
  );
}

/** "Claire et Thomas". */
function names(trainers: readonly string[]): string {
  return new Intl.ListFormat(document.documentElement.lang || "fr", { type: "conjunction" }).format(trainers);
}

/** Whether this person may enter now; turns by itself at the opening. */
function useDoors(entry: Entry): boolean {
  const { t } = useTranslation("lobby");
  const [open, setOpen] = useState(() => remaining(entry) <= 0);
  useEffect(() => {
    if (open) return;
    const timer = setInterval(() => {
      if (remaining(entry) > 0) return;
      setOpen(true);
      announce(t("notYet.open"), "assertive");
    }, 500);
    return () => clearInterval(timer);
  }, [entry, open, t]);
  return open;
}

/** The page's clock may be wrong: the server's is the one that counts. */
const skews = new WeakMap<Entry, number>();

function remaining(entry: Entry): number {
  if (leads(entry.role) || entry.role === "organiser" || entry.seance.state === "live") return 0;
  if (!skews.has(entry)) skews.set(entry, Date.parse(entry.now) - Date.now());
  return Date.parse(entry.seance.opensAt) - Date.now() - (skews.get(entry) ?? 0);
}

function Countdown({ entry }: { entry: Entry }) {
  const { t } = useTranslation("lobby");
  const [left, setLeft] = useState(() => remaining(entry));
  useEffect(() => {
    const timer = setInterval(() => setLeft(remaining(entry)), 1_000);
    return () => clearInterval(timer);
  }, [entry]);
  const { opensAt, timeZone } = entry.seance;
  const today = day(opensAt, timeZone) === day(entry.now, timeZone);
  const words = { day: day(opensAt, timeZone), time: timeOfDay(opensAt, timeZone) };
  return (
    <Note data-testid="lobby-countdown">
      <Clock aria-hidden="true" />
      <div>
        <p>
          <strong>{today ? t("notYet.title", words) : t("notYet.titleOn", words)}</strong>
        </p>
        <p>{t("notYet.countdown", { length: lengthOf(Math.max(0, left)) })}</p>
      </div>
    </Note>
  );
}

/** After the end: what the séance left. */
function Over({ seance, ticket, entry }: { seance: string; ticket: string; entry: Entry }) {
  const { t } = useTranslation("lobby");
  const cancelled = entry.seance.state === "cancelled";
  const replays = entry.permissions.includes("see_replay") ? entry.recordings : [];
  const maySee = entry.permissions.includes("see_presence");
  const own = !maySee && hasOwnPresence(seance, entry);
  const words = maySee || own || replays.length > 0 ? t("over.text") : t("over.nothing");
  return (
    <Card className={styles.over}>
      <h2>{cancelled ? t("over.cancelled") : t("over.title")}</h2>
      <p>{cancelled ? t("over.cancelledText") : words}</p>
      <div className={styles.links}>
        {maySee ? (
          <ButtonLink look="primary" href={presenceHref(seance, ticket)} data-testid="to-presence">
            {t("over.presence")}
          </ButtonLink>
        ) : null}
        {replays.map((recording, place) =>
          recording.ready ? (
            <ButtonLink
              key={recording.id}
              look={maySee ? "secondary" : "primary"}
              href={replayHref(seance, recording.id, ticket)}
              data-testid="to-replay"
            >
              {replays.length > 1 ? t("over.replayNumber", { number: place + 1 }) : t("over.replay")}
            </ButtonLink>
          ) : (
            <p key={recording.id} role="status">
              {t("over.preparing")}
            </p>
          ),
        )}
        {own ? (
          <ButtonLink href={presenceHref(seance, ticket)} data-testid="to-own-presence">
            {t("over.mine")}
          </ButtonLink>
        ) : null}
      </div>
    </Card>
  );
}
