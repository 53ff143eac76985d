import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import type { WatchedReport, WatchedTotal } from "../../protocol/office";
import { fetchJson, Refused } from "../../protocol/rest";
import styles from "./playback.module.css";
import type { ReplayPlayer } from "./player";
import { type Stretch, Watching } from "./watching";

const EVERY_MS = 15_000;

interface SeenProps {
  player: ReplayPlayer;
  recording: string;
  /** Says who watches. */
  ticket: string;
}

/** Reports what is played, and says so: how much, for what, and that it is no presence. */
export function Seen({ player, recording, ticket }: SeenProps) {
  const { t } = useTranslation("playback");
  const seenMs = useReports(player, recording, ticket);
  if (seenMs === null) return null;
  return (
    <p className={`${styles.quiet} ${styles.seen}`} data-testid="replay-seen" data-ms={seenMs}>
      {t("seen", { length: lengthOf(Math.floor(seenMs / 1000) * 1000) })}
    </p>
  );
}

/** How much the person has seen in all; null where nothing of that is kept. */
function useReports(player: ReplayPlayer, recording: string, ticket: string): number | null {
  const [seenMs, setSeenMs] = useState<number | null>(null);
  useEffect(() => {
    const watching = new Watching();
    let kept = true;
    const report = async (keepalive = false) => {
      if (!kept) return;
      const stretches: Stretch[] = watching.take();
      const body: WatchedReport = { stretches };
      try {
        const answer = await fetchJson<WatchedTotal>(
          `/api/replay/${encodeURIComponent(recording)}/watched`,
          ticket,
          {
            method: "POST",
            body: JSON.stringify(body),
            headers: { "Content-Type": "application/json" },
            keepalive,
          },
        );
        kept = answer.seenMs !== null;
        setSeenMs(answer.seenMs);
      } catch (error) {
        // Said no: it will not be asked again. Anything else passes.
        if (error instanceof Refused && error.status < 429) kept = false;
        else watching.giveBack(stretches);
      }
    };
    let phase = player.state.getState().phase;
    const unsubscribe = player.state.subscribe((state) => {
      const playing = state.phase === "playing" && !state.waiting;
      watching.see({ playMs: state.playMs, playing, speed: state.speed }, performance.now());
      if (phase !== state.phase) void report();
      phase = state.phase;
    });
    const timer = setInterval(() => {
      if (phase === "playing") void report();
    }, EVERY_MS);
    const leave = () => void report(true);
    addEventListener("pagehide", leave);
    void report();
    return () => {
      unsubscribe();
      clearInterval(timer);
      removeEventListener("pagehide", leave);
      void report(true);
    };
  }, [player, recording, ticket]);
  return seenMs;
}
