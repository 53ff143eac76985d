import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { clock } from "../../app/dates";
import { useChapterTitle } from "./ChapterList";
import { type Chapter, chapterAt } from "./chapters";
import type { ReplayPlayer } from "./player";
import styles from "./player.module.css";

/** Drawn four times a second. */
const DRAWN_MS = 250;
/** While playing, a focused slider must not be read out every second. */
const SPOKEN_MS = 60_000;

export function SeekBar({ player, chapters }: { player: ReplayPlayer; chapters: readonly Chapter[] }) {
  const { t } = useTranslation("playback");
  const titleOf = useChapterTitle();
  const total = player.timeline.playMs;
  const position = useStore(player.state, (state) => Math.floor(state.playMs / DRAWN_MS) * DRAWN_MS);
  const playing = useStore(player.state, (state) => state.phase === "playing");
  const chapter = chapters[chapterAt(chapters, position)];
  const spoken = playing ? Math.floor(position / SPOKEN_MS) * SPOKEN_MS : position;
  const percent = (ms: number) => (total > 0 ? `${(ms / total) * 100}%` : "0%");
  return (
    <div style={{ "--played": percent(position) } as CSSProperties}>
      <p className={styles.chapter} aria-hidden="true">
        {chapter ? titleOf(chapter) : null}
      </p>
      <div className={styles.rail}>
        <input
          type="range"
          min={0}
          max={total}
          step={DRAWN_MS}
          value={position}
          onChange={(event) => player.seek(event.target.valueAsNumber)}
          aria-label={t("controls.seek")}
          aria-valuetext={t("controls.position", { position: clock(spoken), total: clock(total) })}
          data-testid="replay-seek"
        />
        <div className={styles.marks} aria-hidden="true">
          {chapters.slice(1).map((mark) => (
            <span key={mark.playMs} style={{ left: percent(mark.playMs) }} />
          ))}
        </div>
      </div>
    </div>
  );
}
