import { LoaderCircle, Mic, MicOff, Play } from "lucide-react";
import { type CSSProperties, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import type { ParticipantId } from "../../protocol/generated/id";
import { Avatar } from "../../ui/Avatar";
import type { Manifest } from "./manifest";
import type { ReplayPlayer } from "./player";
import styles from "./player.module.css";
import { fileAddress } from "./recording";
import type { Placement } from "./stage";
import type { Story } from "./story";

/** What was shown: one large picture, up to four small ones, and who speaks in words. */
export function Picture({
  player,
  manifest,
  story,
}: {
  player: ReplayPlayer;
  manifest: Manifest;
  story: Story;
}) {
  const { t } = useTranslation("playback");
  const placements = useStore(player.state, (state) => state.placements);
  const speaking = useStore(player.state, (state) => state.speaking);
  const leader = useStore(player.state, (state) => state.leader);
  const waiting = useStore(player.state, (state) => state.waiting);
  const untouched = useStore(player.state, (state) => state.phase === "paused" && state.playMs === 0);
  const nameOf = (participant: ParticipantId) =>
    story.names.get(participant) ??
    manifest.tracks.find((track) => track.participant === participant)?.name ??
    "";
  const names = speaking.map(nameOf).filter(Boolean);
  const strip = placements.filter((placed) => placed.place === "strip");
  const hasMain = placements.some((placed) => placed.place === "main");
  return (
    <div className={styles.picture}>
      {/* biome-ignore lint/a11y/useSemanticElements: a group of pictures is not a set of fields. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a shorter way to the Play button, which has the keys. */}
      <div
        className={styles.stage}
        data-strip={strip.length}
        role="group"
        aria-label={t("stage.label")}
        onClick={() => player.toggle()}
      >
        {hasMain || untouched ? null : <Nobody name={nameOf(speaking[0] ?? leader ?? "")} />}
        {placements.map((placed) => (
          <Tile
            key={placed.file}
            player={player}
            recording={manifest.recording}
            placed={placed}
            row={strip.indexOf(placed)}
            speaking={speaking.includes(placed.track.participant)}
          />
        ))}
        {untouched ? (
          <span className={styles.begin} aria-hidden="true">
            <Play />
          </span>
        ) : null}
        {waiting ? (
          <p className={styles.buffering}>
            <LoaderCircle aria-hidden="true" />
            {t("stage.buffering")}
          </p>
        ) : null}
      </div>
      <p className={styles.speaking} data-silent={names.length === 0 || undefined}>
        {names.length > 0 ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
        {names.length > 0
          ? t("stage.speaking", { count: names.length, names: names.join(", ") })
          : t("stage.nobody")}
      </p>
    </div>
  );
}

interface TileProps {
  player: ReplayPlayer;
  recording: string;
  placed: Placement;
  /** Place in the strip, -1 outside of it. */
  row: number;
  speaking: boolean;
}

function Tile({ player, recording, placed, row, speaking }: TileProps) {
  const { t } = useTranslation("playback");
  const { file, track, place } = placed;
  const attach = useCallback((video: HTMLVideoElement | null) => player.attach(file, video), [player, file]);
  const label = track.source === "screen" ? t("stage.screenOf", { name: track.name }) : track.name;
  return (
    <figure
      className={styles.tile}
      data-place={place}
      data-source={track.source}
      data-speaking={(speaking && track.source === "camera") || undefined}
      style={row < 0 ? undefined : ({ "--row": row + 1 } as CSSProperties)}
    >
      <video
        ref={attach}
        src={fileAddress(recording, file)}
        muted
        playsInline
        disablePictureInPicture
        preload="auto"
        data-testid="replay-video"
        data-place={place}
        data-source={track.source}
        data-participant={track.participant}
        aria-label={label}
      />
      <figcaption>
        {speaking && track.source === "camera" ? <Mic aria-hidden="true" /> : null}
        {label}
      </figcaption>
    </figure>
  );
}

function Nobody({ name }: { name: string }) {
  const { t } = useTranslation("playback");
  return (
    <div className={styles.nobody}>
      {name === "" ? <p>{t("stage.empty")}</p> : <Avatar name={name} size="fluid" />}
      {name === "" ? null : <p>{name}</p>}
    </div>
  );
}
