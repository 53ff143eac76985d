/** Séance time and play time: the replay skips the pauses of the recording. All milliseconds. */
import type { Source } from "../../protocol/generated/protocol";
import { contains, type Segment, type Span, type Track } from "./manifest";

/** A camera without a frame for longer was switched off or cut: its last picture would lie. */
const STALE_CAMERA_MS = 4000;

/** Maps the séance clock, which never stops, to what the seek bar shows. */
export class Timeline {
  /** Ordered, disjoint, inside the recording. */
  readonly pauses: readonly Span[];
  /** Length of the replay. */
  readonly playMs: number;

  /** The recording covers `fromMs` to `endMs` of the séance clock. */
  constructor(fromMs: number, endMs: number, pauses: readonly Span[]) {
    this.pauses = tidy([{ from: 0, to: fromMs }, ...pauses], endMs);
    this.playMs = endMs - this.pauses.reduce((sum, pause) => sum + pause.to - pause.from, 0);
  }

  /** An instant inside a pause is where the pause starts. */
  toPlay(seanceMs: number): number {
    let skipped = 0;
    for (const pause of this.pauses) {
      if (pause.from >= seanceMs) break;
      skipped += Math.min(pause.to, seanceMs) - pause.from;
    }
    return clamp(seanceMs - skipped, 0, this.playMs);
  }

  /** The end of a pause, when the play time is exactly where one lies. */
  toSeance(playMs: number): number {
    let seance = clamp(playMs, 0, this.playMs);
    for (const pause of this.pauses) {
      if (pause.from > seance) break;
      seance += pause.to - pause.from;
    }
    return seance;
  }
}

/** The file of this track that covers the instant, unless there is nothing to hear or see in it then. */
export function segmentAt(track: Track, seanceMs: number): Segment | undefined {
  const segment = track.segments.find((candidate) => contains(candidate, seanceMs));
  const gap = segment?.gaps.find((candidate) => contains(candidate, seanceMs));
  return gap && isEmpty(track.source, gap) ? undefined : segment;
}

/** The tracks that say something at this instant, in the manifest's order. */
export function activeTracks(
  tracks: readonly Track[],
  muted: ReadonlyMap<string, readonly Span[]>,
  seanceMs: number,
): Track[] {
  return tracks.filter(
    (track) =>
      segmentAt(track, seanceMs) !== undefined &&
      !muted.get(track.id)?.some((span) => contains(span, seanceMs)),
  );
}

/** A slide that nobody moves has no frames for minutes and is there all the same. */
function isEmpty(source: Source, gap: Span): boolean {
  if (source === "screen") return false;
  return source !== "camera" || gap.to - gap.from > STALE_CAMERA_MS;
}

function tidy(spans: readonly Span[], end: number): Span[] {
  const sorted = spans
    .map((span) => ({ from: clamp(span.from, 0, end), to: clamp(span.to, 0, end) }))
    .filter((span) => span.to > span.from)
    .sort((a, b) => a.from - b.from);
  const merged: Span[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push(span);
  }
  return merged;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
