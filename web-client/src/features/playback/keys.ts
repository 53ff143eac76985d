/** Keys of the player. None is a letter, so none can fire while somebody dictates or types (WCAG 2.1.4). */
import { type RefObject, useEffect } from "react";
import { type Chapter, chapterAt } from "./chapters";
import type { ReplayPlayer } from "./player";

const SKIP_MS = 5000;
const SKIP_FAR_MS = 30_000;
const VOLUME_STEP = 0.1;
/** Going back a chapter within its first seconds means the one before. */
const CHAPTER_GRACE_MS = 3000;

/** What the help shows, in the words of the feature. */
export const CATALOGUE = [
  { keys: "space", act: "playPause" },
  { keys: "arrows", act: "skip" },
  { keys: "shiftArrows", act: "skipFar" },
  { keys: "pages", act: "chapter" },
  { keys: "ends", act: "edge" },
  { keys: "up", act: "volume" },
] as const;

export type Act =
  | { act: "toggle" }
  | { act: "skip"; ms: number }
  | { act: "seek"; ms: number }
  | { act: "volume"; step: number };

/** Where the key was pressed: on nothing, in the player, or on a control of the player with keys of its own. */
export type Place = "page" | "player" | "button" | "slider" | "elsewhere";

interface Pressed {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** What a key does; undefined leaves it to the browser. */
export function actOf(
  pressed: Pressed,
  place: Place,
  playMs: number,
  totalMs: number,
  chapters: readonly Chapter[],
): Act | undefined {
  if (place === "elsewhere" || pressed.ctrlKey || pressed.altKey || pressed.metaKey) return undefined;
  const far = pressed.shiftKey ? SKIP_FAR_MS : SKIP_MS;
  switch (pressed.key) {
    case " ":
      return place === "button" ? undefined : { act: "toggle" };
    case "ArrowLeft":
      return { act: "skip", ms: -far };
    case "ArrowRight":
      return { act: "skip", ms: far };
  }
  // What follows would take the scrolling of the page away from who has selected nothing.
  if (place === "page") return undefined;
  switch (pressed.key) {
    case "ArrowUp":
      return { act: "volume", step: VOLUME_STEP };
    case "ArrowDown":
      return { act: "volume", step: -VOLUME_STEP };
    case "Home":
      return { act: "seek", ms: 0 };
    case "End":
      return { act: "seek", ms: totalMs };
    case "PageUp":
      return {
        act: "seek",
        ms: chapters[Math.max(chapterAt(chapters, playMs - CHAPTER_GRACE_MS), 0)]?.playMs ?? 0,
      };
    case "PageDown":
      return { act: "seek", ms: chapters[chapterAt(chapters, playMs) + 1]?.playMs ?? totalMs };
    default:
      return undefined;
  }
}

export function useKeys(
  player: ReplayPlayer,
  chapters: readonly Chapter[],
  frame: RefObject<HTMLElement | null>,
): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { playMs, volume } = player.state.getState();
      const act = actOf(
        event,
        placeOf(event.target, frame.current),
        playMs,
        player.timeline.playMs,
        chapters,
      );
      if (!act) return;
      event.preventDefault();
      if (act.act === "toggle") player.toggle();
      if (act.act === "skip") player.skip(act.ms);
      if (act.act === "seek") player.seek(act.ms);
      if (act.act === "volume") player.setVolume(volume + act.step);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [player, chapters, frame]);
}

function placeOf(target: EventTarget | null, frame: HTMLElement | null): Place {
  if (!(target instanceof HTMLElement) || target === document.body || target.id === "main") return "page";
  if (!frame?.contains(target) || target instanceof HTMLSelectElement) return "elsewhere";
  // The volume's own arrows; the position's are ours, a step of the slider being too short.
  if (target instanceof HTMLInputElement)
    return target.dataset.testid === "replay-seek" ? "slider" : "elsewhere";
  return target.closest("button, a") ? "button" : "player";
}
