/** What the stage of the replay shows at an instant: a function of the recording alone, so seeking gives the same picture. */
import type { ParticipantId } from "../../protocol/generated/id";
import { isVideo, type Track } from "./manifest";
import type { Speaking, Story } from "./story";
import { activeTracks } from "./timeline";

/** Voices shorter than this do not take the stage: coughs, "oui", echoes. */
const TAKES_THE_FLOOR_MS = 1200;
const STRIP_LENGTH = 4;

/** Somebody has the floor from `t` on. */
export type Floor = { t: number; participant: ParticipantId };

/** A video that exists on the page: shown large, shown small, or only made ready. */
export type Placement = { file: string; track: Track; place: "main" | "strip" | "ahead" };

export type Stage = { main: Track | undefined; strip: Track[] };

/** Who leads, from who speaks: a voice must last, and a leader who still speaks keeps the floor. */
export function floorOf(speaking: readonly Speaking[], endMs: number): Floor[] {
  const floor: Floor[] = [];
  const since = new Map<ParticipantId, number>();
  for (const [index, entry] of speaking.entries()) {
    for (const participant of since.keys())
      if (!entry.participants.includes(participant)) since.delete(participant);
    for (const participant of entry.participants) {
      if (!since.has(participant)) since.set(participant, entry.t);
    }
    const until = speaking[index + 1]?.t ?? endMs;
    const leader = floor.at(-1)?.participant;
    if (leader !== undefined && since.has(leader)) continue;
    const taker = entry.participants
      .map((participant) => ({ participant, t: (since.get(participant) ?? entry.t) + TAKES_THE_FLOOR_MS }))
      .filter((candidate) => candidate.t <= until)
      .sort((a, b) => a.t - b.t)[0];
    if (taker) floor.push({ t: Math.max(taker.t, entry.t), participant: taker.participant });
  }
  return floor;
}

/** Screen share first, else the camera of whoever has the floor, else the last one that had, else any camera. */
export function stageAt(
  tracks: readonly Track[],
  story: Story,
  floor: readonly Floor[],
  seanceMs: number,
): Stage {
  const shown = activeTracks(tracks, story.muted, seanceMs).filter((track) => isVideo(track.source));
  const byRecency = recentLeaders(floor, seanceMs);
  const rank = (track: Track) => {
    const position = byRecency.indexOf(track.participant);
    return position < 0 ? Number.POSITIVE_INFINITY : position;
  };
  const cameras = shown.filter((track) => track.source === "camera");
  const ranked = cameras
    .map((track, order) => ({ track, rank: rank(track), order }))
    .sort((a, b) => (a.rank === b.rank ? a.order - b.order : a.rank - b.rank))
    .map((entry) => entry.track);
  const main = latestScreen(shown, seanceMs) ?? ranked[0];
  const chosen = new Set([...ranked].filter((track) => track !== main).slice(0, STRIP_LENGTH));
  // The order of the manifest, not of speech: faces must not jump about.
  return { main, strip: cameras.filter((track) => chosen.has(track)) };
}

/** Those who speak at this instant. */
export function speakingAt(speaking: readonly Speaking[], seanceMs: number): readonly ParticipantId[] {
  return lastAt(speaking, seanceMs)?.participants ?? [];
}

/** The last entry at or before the instant, in a list ordered by `t`. */
export function lastAt<T extends { t: number }>(entries: readonly T[], seanceMs: number): T | undefined {
  return entries[countUntil(entries, seanceMs) - 1];
}

/** How many entries lie at or before the instant. */
export function countUntil<T extends { t: number }>(entries: readonly T[], seanceMs: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const entry = entries[middle];
    if (entry !== undefined && entry.t <= seanceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function latestScreen(shown: readonly Track[], seanceMs: number): Track | undefined {
  const startOf = (track: Track) =>
    Math.max(...track.segments.map((segment) => segment.from).filter((t) => t <= seanceMs));
  return shown.filter((track) => track.source === "screen").sort((a, b) => startOf(b) - startOf(a))[0];
}

/** Last leader first. Before anybody spoke it is whoever will first: the picture need not change then. */
function recentLeaders(floor: readonly Floor[], seanceMs: number): ParticipantId[] {
  const leaders: ParticipantId[] = [];
  for (let index = Math.max(countUntil(floor, seanceMs) - 1, 0); index >= 0; index -= 1) {
    const participant = floor[index]?.participant;
    if (participant !== undefined && !leaders.includes(participant)) leaders.push(participant);
  }
  return leaders;
}
