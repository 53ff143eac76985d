import { TriangleAlert } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { day, frenchSpaces, lengthOf, timeOfDay, zoneWords } from "../../app/dates";
import { Page } from "../../app/Page";
import { hasOwnPresence, ownTicket } from "../../app/ticket";
import type { Entry } from "../../protocol/generated/protocol";
import { presenceHref, replayHref } from "../../routes";
import { Note, Tag } from "../../ui/Card";
import { Tabs } from "../../ui/Tabs";
import { ChapterList } from "./ChapterList";
import { Controls } from "./Controls";
import { chaptersOf } from "./chapters";
import { useKeys } from "./keys";
import { Messages } from "./Messages";
import type { Manifest } from "./manifest";
import { Picture } from "./Picture";
import styles from "./playback.module.css";
import { ReplayPlayer } from "./player";
import frameStyles from "./player.module.css";
import { allow, fetchLog, fileAddress } from "./recording";
import { Seen } from "./Seen";
import { type Story, tell } from "./story";

interface ReplayProps {
  seance: string;
  ticket: string;
  manifest: Manifest;
  entry: Entry | undefined;
}

/** The replay itself: pictures and controls, chat and chapters beside them. */
export function Replay({ seance, ticket, manifest, entry }: ReplayProps) {
  const { t } = useTranslation("playback");
  const { player, story, logFailed } = usePlayer(manifest, ticket);
  const chapters = useMemo(() => chaptersOf(manifest.tracks, player.timeline), [manifest, player]);
  const frame = useRef<HTMLElement>(null);
  useKeys(player, chapters, frame);
  return (
    <Page title={t("titleOf", { title: frenchSpaces(manifest.title) })}>
      <Heading manifest={manifest} entry={entry} seance={seance} playMs={player.timeline.playMs} />
      <Seen player={player} recording={manifest.recording} ticket={ownTicket(seance) ?? ticket} />
      <Notices manifest={manifest} player={player} logFailed={logFailed} />
      <div className={styles.columns}>
        <section ref={frame} className={`${frameStyles.player} on-stage`} aria-label={t("controls.label")}>
          <Picture player={player} manifest={manifest} story={story} />
          <Controls player={player} chapters={chapters} frame={frame} />
        </section>
        <div className={styles.panel}>
          <Tabs
            label={t("panel")}
            items={[
              {
                id: "chat",
                label: t("chat.title"),
                content: <Messages player={player} messages={story.messages} />,
              },
              {
                id: "chapters",
                label: t("chapters.title"),
                content: <ChapterList player={player} chapters={chapters} />,
              },
            ]}
          />
        </div>
      </div>
    </Page>
  );
}

/** One player for the life of the page; it learns the event log as it arrives. */
function usePlayer(manifest: Manifest, ticket: string) {
  const player = useMemo(
    () =>
      new ReplayPlayer(
        manifest,
        (file) => fileAddress(manifest.recording, file),
        () => allow(manifest.recording, ticket),
      ),
    [manifest, ticket],
  );
  const [story, setStory] = useState<Story>(() => tell([], manifest.endMs));
  const [logFailed, setLogFailed] = useState(false);
  useEffect(() => player.start(), [player]);
  useEffect(() => {
    const abort = new AbortController();
    fetchLog(manifest, ticket, abort.signal, (lines) => {
      const told = tell(lines, manifest.endMs);
      player.setStory(told);
      setStory(told);
    }).catch(() => setLogFailed(!abort.signal.aborted));
    return () => abort.abort();
  }, [player, manifest, ticket]);
  return { player, story, logFailed };
}

function Heading({ manifest, entry, seance, playMs }: Omit<ReplayProps, "ticket"> & { playMs: number }) {
  const { t } = useTranslation("playback");
  const zone = entry?.seance.timeZone ?? "Europe/Paris";
  const recordings = entry?.recordings ?? [];
  const keptUntil = recordings.find(({ id }) => id === manifest.recording)?.keptUntil;
  return (
    <div className={styles.heading}>
      <p>
        <Tag>
          {t("when", {
            day: day(manifest.startedAt, zone),
            time: timeOfDay(manifest.startedAt, zone),
            zone: zoneWords(zone),
          })}
        </Tag>
      </p>
      <h1>{frenchSpaces(manifest.title)}</h1>
      <p className={`${styles.quiet} ${styles.under}`}>
        <span>
          {t("length", { length: lengthOf(playMs) })}
          {manifest.pauses.length > 0 ? `. ${t("paused")}` : null}
        </span>
        {keptUntil ? (
          <span data-testid="replay-kept-until">{t("keptUntil", { day: day(keptUntil, zone) })}</span>
        ) : null}
        {entry?.permissions.includes("see_presence") ? (
          <a href={presenceHref(seance, null)}>{t("toPresence")}</a>
        ) : entry && hasOwnPresence(seance, entry) ? (
          <a href={presenceHref(seance, null)}>{t("toOwnPresence")}</a>
        ) : null}
      </p>
      {recordings.length > 1 ? (
        <nav aria-label={t("parts")} className={styles.parts}>
          {recordings.map((other, index) => (
            <a
              key={other.id}
              href={replayHref(seance, other.id, null)}
              aria-current={other.id === manifest.recording ? "page" : undefined}
            >
              {t("part", { number: index + 1 })}
            </a>
          ))}
        </nav>
      ) : null}
    </div>
  );
}

/** What went wrong, in sentences; empty most of the time. */
function Notices({
  manifest,
  player,
  logFailed,
}: {
  manifest: Manifest;
  player: ReplayPlayer;
  logFailed: boolean;
}) {
  const { t } = useTranslation("playback");
  const failed = useStore(player.state, (state) => state.failed);
  const soundless = useStore(player.state, (state) => state.soundless);
  const blocked = useStore(player.state, (state) => state.blocked);
  const tracks = failed.map((track) => t(`sources.${track.source}`, { name: track.name })).join(", ");
  const sentences = [
    manifest.interrupted ? t("interrupted") : "",
    blocked ? t("blocked") : "",
    soundless ? t("soundless") : "",
    failed.length > 0 ? t("failed", { tracks }) : "",
    logFailed ? t("logFailed") : "",
  ].filter(Boolean);
  return (
    <div role="status" className={styles.notices}>
      {sentences.map((sentence) => (
        <Note key={sentence} tone="warn">
          <TriangleAlert aria-hidden="true" />
          {sentence}
        </Note>
      ))}
    </div>
  );
}
