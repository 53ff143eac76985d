/** Séance time and play time: the replay skips the pauses of the recording. All milliseconds. */
import { contains, type Segment, type Span, type Track } from "./manifest";

/** Holes shorter than this are played through: the file itself holds the silence or the last picture. */
const SHORT_GAP_MS = 1500;

/** Maps the séance clock, which never stops, to what the seek bar shows. */
export class Timeline {
  /** Ordered, disjoint, inside the recording. */
  readonly pauses: readonly Span[];
  /** Length of the replay. */
  readonly playMs: number;

  constructor(durationMs: number, pauses: readonly Span[]) {
    this.pauses = tidy(pauses, durationMs);
    this.playMs = durationMs - this.pauses.reduce((sum, pause) => sum + pause.to - pause.from, 0);
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

/** The file of this track that covers the instant, unless nothing was sent then. */
export function segmentAt(track: Track, seanceMs: number): Segment | undefined {
  return track.segments.find(
    (segment) =>
      contains(segment, seanceMs) && !segment.gaps.some((gap) => isLong(gap) && contains(gap, seanceMs)),
  );
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

function isLong(gap: Span): boolean {
  return gap.to - gap.from >= SHORT_GAP_MS;
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
