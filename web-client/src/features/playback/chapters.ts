/** Chapters nobody had to write: where a screen share starts, where the recording was resumed. */
import type { Track } from "./manifest";
import type { Timeline } from "./timeline";

export type Chapter = { playMs: number; kind: "start" | "screen" | "resumed"; name: string };

/** Two chapters closer than this are one; a new file of the same share starts none. */
const APART_MS = 5000;

export function chaptersOf(tracks: readonly Track[], timeline: Timeline): Chapter[] {
  const shares = tracks
    .filter((track) => track.source === "screen")
    .flatMap((track) =>
      shareStarts(track).map((from) => ({
        playMs: timeline.toPlay(from),
        kind: "screen" as const,
        name: track.name,
      })),
    );
  const resumed = timeline.pauses
    .filter((pause) => timeline.toPlay(pause.to) > 0)
    .map((pause) => ({ playMs: timeline.toPlay(pause.to), kind: "resumed" as const, name: "" }))
    .filter((chapter) => chapter.playMs < timeline.playMs);
  const chapters: Chapter[] = [];
  for (const chapter of [{ playMs: 0, kind: "start" as const, name: "" }, ...shares, ...resumed].sort(
    order,
  )) {
    const last = chapters.at(-1);
    if (last && chapter.playMs - last.playMs < APART_MS) {
      if (chapter.kind === "screen") chapters[chapters.length - 1] = { ...chapter, playMs: last.playMs };
    } else chapters.push(chapter);
  }
  return chapters;
}

/** The chapter that contains the instant. */
export function chapterAt(chapters: readonly Chapter[], playMs: number): number {
  return chapters.findLastIndex((chapter) => chapter.playMs <= playMs);
}

function shareStarts(track: Track): number[] {
  const starts: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const segment of [...track.segments].sort((a, b) => a.from - b.from)) {
    if (segment.from - end > APART_MS) starts.push(segment.from);
    end = segment.to;
  }
  return starts;
}

function order(a: { playMs: number }, b: { playMs: number }): number {
  return a.playMs - b.playMs;
}
