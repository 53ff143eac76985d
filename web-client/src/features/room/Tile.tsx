import { Hand, Maximize2, Mic, MicOff, Minimize2, MonitorUp, VideoOff, WifiOff } from "lucide-react";
import { memo, type RefObject, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { language } from "../../app/i18n";
import type { ParticipantId, TrackId } from "../../protocol/generated/id";
import type { Person } from "../../protocol/generated/protocol";
import { leads, trackOf } from "../../store/room";
import { Avatar } from "../../ui/Avatar";
import { IconButton } from "../../ui/Button";
import { useClassroom, useMedia, usePinned, useRoom } from "./context";
import { showsCamera } from "./layout";
import styles from "./stage.module.css";
import { useInterrupted } from "./useInterrupted";
import { useSeen } from "./useSeen";

interface TileProps {
  person: Person;
  source: "camera" | "screen";
  className?: string;
}

/** One person, or one shared screen, on the stage. */
export const Tile = memo(function Tile({ person, source, className }: TileProps) {
  const { t } = useTranslation("room");
  const own = useRoom((state) => state.you?.participant === person.id);
  const speaking = useRoom((state) => state.speaking.includes(person.id));
  const hand = useRoom((state) => state.hands.indexOf(person.id));
  const { media, track } = useTileMedia(person.id, source, own);
  const shown = source === "screen" ? media !== null : media !== null && (own || showsCamera(person));
  const voice = trackOf(person, "microphone");
  const heard = voice !== undefined && !voice.muted;
  const Voice = source === "screen" ? MonitorUp : heard ? Mic : MicOff;
  const voiceWords = source === "screen" ? null : heard ? t("tile.heard") : t("tile.muted");
  return (
    <figure
      className={`${styles.tile} ${className ?? ""}`}
      data-testid="tile"
      data-participant={person.id}
      data-source={source}
      data-speaking={(source === "camera" && speaking) || undefined}
      data-away={!person.connected || undefined}
    >
      {shown && media && own ? (
        <Picture media={media} track={track} source={source} own />
      ) : shown && media ? (
        <Received media={media} track={track} source={source} name={person.name} />
      ) : (
        <NoPicture name={person.name} track={own ? null : awaited(person, source)} />
      )}
      {source === "camera" && hand >= 0 ? (
        <span className={styles.hand}>
          <Hand aria-hidden="true" />
          <span className={styles.handWords}>{t("tile.hand", { place: place(hand + 1) })}</span>
          <span className={styles.handPlace} aria-hidden="true">
            {place(hand + 1)}
          </span>
        </span>
      ) : null}
      {person.connected ? null : (
        <span className={styles.away}>
          <WifiOff aria-hidden="true" />
          {t("tile.away")}
        </span>
      )}
      {own || source === "screen" ? null : <Pin person={person} />}
      <figcaption className={styles.caption}>
        <Voice aria-hidden="true" />
        {voiceWords ? <span className="visually-hidden">{voiceWords}</span> : null}
        <span className={styles.name}>
          {source === "screen" ? t("tile.screenOf", { name: person.name }) : person.name}
        </span>
        {own && source === "camera" ? <span className={styles.you}>{t("tile.you")}</span> : null}
        {leads(person.role) && source === "camera" ? (
          <span className={styles.role}>{t(`role.${person.role}`)}</span>
        ) : null}
        {source === "camera" && speaking ? (
          <span className="visually-hidden">{t("tile.speaking")}</span>
        ) : null}
      </figcaption>
    </figure>
  );
});

/** Shows somebody large, whoever speaks. */
function Pin({ person }: { person: Person }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const pinned = usePinned() === person.id;
  const Icon = pinned ? Minimize2 : Maximize2;
  return (
    <span className={styles.pin} data-pinned={pinned || undefined}>
      <IconButton
        size="small"
        look="quiet"
        label={t(pinned ? "tile.unpin" : "tile.pin", { name: person.name })}
        icon={<Icon aria-hidden="true" />}
        onPress={() => {
          classroom.pin(pinned ? null : person.id);
          requestAnimationFrame(() => pinOf(person.id)?.focus());
        }}
        data-testid="tile-pin"
      />
    </span>
  );
}

/** The tile moves, and its button with it: the focus follows. */
const pinOf = (participant: ParticipantId) =>
  document.querySelector<HTMLElement>(
    `figure[data-participant="${participant}"][data-source="camera"] button`,
  );

/** "1ʳᵉ", "2ᵉ"; "1st", "2nd". */
export function place(rank: number): string {
  if (language() === "fr") return rank === 1 ? "1ʳᵉ" : `${rank}ᵉ`;
  const suffix = { one: "st", two: "nd", few: "rd", other: "th" } as Record<string, string>;
  return `${rank}${suffix[new Intl.PluralRules("en", { type: "ordinal" }).select(rank)] ?? "th"}`;
}

interface Shown {
  media: MediaStreamTrack | null;
  /** Null for one's own picture, which does not come from the server. */
  track: TrackId | null;
}

const nothing: Shown = { media: null, track: null };

function useTileMedia(participant: ParticipantId, source: "camera" | "screen", own: boolean): Shown {
  const mine = useMedia((state) => (own && state.own[source].on ? state.own[source].media : null));
  const theirs = useMedia((state) =>
    own
      ? undefined
      : Object.values(state.remote).find(
          (track) => track.participant === participant && track.source === source,
        ),
  );
  return mine ? { media: mine, track: null } : (theirs ?? nothing);
}

/** The picture that could be shown, were it sent. */
function awaited(person: Person, source: "camera" | "screen"): TrackId | null {
  const track = trackOf(person, source);
  return track && !track.muted ? track.track : null;
}

/** In place of a picture. The server hears that it is in view: of many cameras it sends those. */
function NoPicture({ name, track }: { name: string; track: TrackId | null }) {
  const place = useRef<HTMLSpanElement>(null);
  useSeen(place, track);
  return (
    <span ref={place} className={styles.noPicture}>
      <Avatar name={name} size="fluid" />
    </span>
  );
}

let firstFrameSeen = false;

/** The moment the first picture of somebody else is on screen. */
function markFirstFrame(): void {
  if (firstFrameSeen) return;
  firstFrameSeen = true;
  performance.mark("preau:first-frame");
}

interface PictureProps {
  media: MediaStreamTrack;
  track: TrackId | null;
  source: "camera" | "screen";
}

/** The picture of somebody else; their initials while nothing comes of it, rather than a face that stands still. */
function Received({ name, ...picture }: PictureProps & { name: string }) {
  const { t } = useTranslation("room");
  const video = useRef<HTMLVideoElement>(null);
  const interrupted = useInterrupted(video, picture.media, picture.source);
  return (
    <>
      <Picture {...picture} video={video} />
      {interrupted ? (
        <span className={styles.interrupted} data-testid="interrupted">
          <Avatar name={name} size="fluid" />
          <span className={styles.interruptedWords}>
            <VideoOff aria-hidden="true" />
            {t("tile.interrupted")}
          </span>
        </span>
      ) : null}
    </>
  );
}

function Picture({
  media,
  track,
  source,
  own = false,
  video: given,
}: PictureProps & { own?: boolean; video?: RefObject<HTMLVideoElement | null> }) {
  const made = useRef<HTMLVideoElement>(null);
  const video = given ?? made;
  useSeen(video, track);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = new MediaStream([media]);
    void element.play().catch(() => undefined);
    if (!own) {
      if ("requestVideoFrameCallback" in element) element.requestVideoFrameCallback(markFirstFrame);
      else (element as HTMLVideoElement).addEventListener("timeupdate", markFirstFrame, { once: true });
    }
    return () => {
      element.srcObject = null;
    };
  }, [media, own, video]);
  return (
    <video
      ref={video}
      className={styles.picture}
      data-fit={source === "screen" ? "contain" : "cover"}
      data-mirrored={(own && source === "camera") || undefined}
      autoPlay
      muted
      playsInline
      disablePictureInPicture={own}
    />
  );
}
