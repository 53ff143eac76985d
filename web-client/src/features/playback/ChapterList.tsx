import { useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { clock } from "../../app/dates";
import { type Chapter, chapterAt } from "./chapters";
import styles from "./playback.module.css";
import type { ReplayPlayer } from "./player";

export function useChapterTitle(): (chapter: Chapter) => string {
  const { t } = useTranslation("playback");
  return (chapter) => t(`chapters.${chapter.kind}`, { name: chapter.name });
}

export function ChapterList({ player, chapters }: { player: ReplayPlayer; chapters: readonly Chapter[] }) {
  const titleOf = useChapterTitle();
  const current = useStore(player.state, (state) => chapterAt(chapters, state.playMs));
  return (
    <ol className={styles.list}>
      {chapters.map((chapter, index) => (
        <li key={chapter.playMs}>
          <button
            type="button"
            className={styles.entry}
            aria-current={index === current || undefined}
            onClick={() => player.seek(chapter.playMs)}
            data-testid="replay-chapter"
          >
            <span className={styles.moment}>{clock(chapter.playMs)}</span>
            <span>{titleOf(chapter)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
