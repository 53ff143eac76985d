import { ChevronLeft, ChevronRight, MonitorOff } from "lucide-react";
import { type CSSProperties, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Person } from "../../protocol/generated/protocol";
import { Button, IconButton } from "../../ui/Button";
import { useClassroom, useMedia, useNarrow, usePinned, useRoom } from "./context";
import {
  type Cast,
  focuses,
  gridPage,
  type Layout,
  PAGE_NARROW,
  PAGE_WIDE,
  screenStrip,
  sharing,
  showsCamera,
  speakerFocus,
  tileSize,
} from "./layout";
import styles from "./stage.module.css";
import { Tile } from "./Tile";

/** Faces and shared screens, on night blue. */
export function Stage({ layout }: { layout: Layout }) {
  const { t } = useTranslation("room");
  const cast = useCast();
  const sharer = sharing(cast.people);
  return (
    <section
      className={styles.stage}
      aria-label={t("stage.label")}
      data-layout={sharer ? "screen" : focuses(cast, layout) ? "speaker" : "grid"}
    >
      {sharer ? (
        <WithMain
          main={<ScreenMain sharer={sharer} own={sharer.id === cast.own} />}
          strip={screenStrip(cast)}
        />
      ) : focuses(cast, layout) ? (
        <SpeakerStage cast={cast} />
      ) : (
        <Grid cast={cast} />
      )}
    </section>
  );
}

function useCast(): Cast {
  const people = useRoom((state) => state.people);
  const own = useRoom((state) => state.you?.participant ?? null);
  const lastSpeaker = useRoom((state) => state.lastSpeaker);
  const hands = useRoom((state) => state.hands);
  const pinned = usePinned();
  return useMemo(
    () => ({ people, own, lastSpeaker, hands, pinned }),
    [people, own, lastSpeaker, hands, pinned],
  );
}

/** Tells how many cameras are in view: a crowd is sent smaller. */
function useVisible(tiles: readonly Person[]): void {
  const classroom = useClassroom();
  const cameras = tiles.filter(showsCamera).length;
  useEffect(() => classroom.setVisibleCameras(cameras), [classroom, cameras]);
}

/** The size of an element, in pixels. */
function useSize<Element extends HTMLElement>() {
  const ref = useRef<Element>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    if (!ref.current) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, size] as const;
}

const GAP = 8;

function Grid({ cast }: { cast: Cast }) {
  const { t } = useTranslation("room");
  const narrow = useNarrow();
  const [wanted, setWanted] = useState(0);
  const [ref, size] = useSize<HTMLDivElement>();
  const { tiles, page, pages } = gridPage(cast, wanted, narrow ? PAGE_NARROW : PAGE_WIDE);
  useVisible(tiles);
  const tile = tileSize(tiles.length, size.width, size.height, GAP);
  const alone = tiles.length <= 1;
  return (
    <div className={styles.gridFrame}>
      <div
        ref={ref}
        className={styles.grid}
        style={{ "--tile-width": `${tile.width}px`, "--tile-height": `${tile.height}px` } as CSSProperties}
      >
        {tiles.map((person) => (
          <Tile key={person.id} person={person} source="camera" className={styles.sized} />
        ))}
      </div>
      {alone ? <p className={styles.alone}>{t("stage.alone")}</p> : null}
      {pages > 1 ? (
        <nav className={styles.pager} aria-label={t("stage.pages")}>
          <IconButton
            size="small"
            label={t("stage.previous")}
            icon={<ChevronLeft aria-hidden="true" />}
            isDisabled={page === 0}
            onPress={() => setWanted(page - 1)}
          />
          <span>{t("stage.page", { page: page + 1, pages })}</span>
          <IconButton
            size="small"
            label={t("stage.next")}
            icon={<ChevronRight aria-hidden="true" />}
            isDisabled={page === pages - 1}
            onPress={() => setWanted(page + 1)}
          />
        </nav>
      ) : null}
    </div>
  );
}

function SpeakerStage({ cast }: { cast: Cast }) {
  const { main, strip } = speakerFocus(cast);
  return (
    <WithMain
      main={main ? <Tile person={main} source="camera" className={styles.main} /> : null}
      strip={strip}
    />
  );
}

function WithMain({ main, strip }: { main: React.ReactNode; strip: Person[] }) {
  const { t } = useTranslation("room");
  useVisible(strip);
  return (
    <div className={styles.focus}>
      <div className={styles.mainFrame}>{main}</div>
      {strip.length > 0 ? (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls, these are pictures
        <div className={styles.strip} role="group" aria-label={t("stage.strip")}>
          {strip.map((person) => (
            <Tile key={person.id} person={person} source="camera" className={styles.small} />
          ))}
        </div>
      ) : null}
    </div>
  );
}

/** A shared screen, large; one's own is only named, or the picture would mirror itself for ever. */
function ScreenMain({ sharer, own }: { sharer: Person; own: boolean }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const sound = useMedia((state) => state.own.screen_audio.on);
  // A whole screen shown inside itself would be a tunnel of pictures; a window or a tab is not.
  const whole = useMedia((state) => state.own.screen.media?.getSettings().displaySurface === "monitor");
  if (!own) return <Tile person={sharer} source="screen" className={styles.main} />;
  return (
    <div className={styles.sharing}>
      <p className={styles.sharingTitle}>{t("screen.own")}</p>
      <p>
        {t("screen.seen")} {sound ? t("screen.withSound") : t("screen.withoutSound")}
      </p>
      <Button
        look="secondary"
        icon={<MonitorOff aria-hidden="true" />}
        onPress={() => {
          void classroom.sources.toggleScreen();
          // This button goes away with the share.
          document.getElementById("main")?.focus();
        }}
        data-testid="stop-sharing"
      >
        {t("screen.stop")}
      </Button>
      {whole ? null : <Tile person={sharer} source="screen" className={styles.sharingPreview} />}
    </div>
  );
}
