// Who is shown where. Pure: people, voices and the size of the stage in, tiles out.
import type { ParticipantId } from "../../protocol/generated/id";
import type { Person } from "../../protocol/generated/protocol";
import { leads, takesPart, trackOf } from "../../store/room";

export type Layout = "grid" | "speaker";

/** Tiles on one page of the grid. */
export const PAGE_WIDE = 16;
export const PAGE_NARROW = 6;

/** Small tiles beside a large one. */
export const STRIP = 5;

export interface Cast {
  people: readonly Person[];
  own: ParticipantId | null;
  lastSpeaker: ParticipantId | null;
  hands: readonly ParticipantId[];
  /** Whom this person chose to see large. */
  pinned: ParticipantId | null;
}

/** True when the picture of that person is sent. */
export const showsCamera = (person: Person) => trackOf(person, "camera")?.muted === false;

/** Everybody who takes part, those one wants to see first: trainers, cameras, raised hands, microphones, arrival; those who lost the connection last. */
export function ordered({ people, hands }: Cast): Person[] {
  const rank = (person: Person) => {
    if (!person.connected) return 5;
    if (leads(person.role)) return 0;
    if (showsCamera(person)) return 1;
    if (hands.includes(person.id)) return 2;
    if (trackOf(person, "microphone")?.muted === false || person.role === "speaker") return 3;
    return 4;
  };
  return people
    .filter((person) => takesPart(person.role))
    .map((person, arrival) => ({ person, arrival, rank: rank(person) }))
    .sort((a, b) => a.rank - b.rank || a.arrival - b.arrival)
    .map(({ person }) => person);
}

export interface GridPage {
  tiles: Person[];
  page: number;
  pages: number;
}

/** One page of the grid. Whoever speaks is on the first page, in place of its last tile when need be. */
export function gridPage(cast: Cast, wanted: number, size: number): GridPage {
  const all = ordered(cast);
  const pages = Math.max(1, Math.ceil(all.length / size));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  const tiles = all.slice(page * size, (page + 1) * size);
  if (page === 0 && pages > 1) {
    const speaker = all.find((person) => person.id === cast.lastSpeaker);
    if (speaker && !tiles.includes(speaker)) tiles.splice(-1, 1, speaker);
  }
  return { tiles, page, pages };
}

export interface Focus {
  main: Person | null;
  strip: Person[];
}

/** One large, a few small. The large one was chosen, spoke last, or leads. */
export function speakerFocus(cast: Cast): Focus {
  const all = ordered(cast);
  const pinned = all.find((person) => person.id === cast.pinned);
  const speaker = all.find((person) => person.id === cast.lastSpeaker);
  const other = all.find((person) => person.id !== cast.own);
  const main = pinned ?? speaker ?? other ?? all[0] ?? null;
  return { main, strip: all.filter((person) => person !== main).slice(0, STRIP) };
}

/** Beside a shared screen: who was chosen comes first, then who speaks. */
export function screenStrip(cast: Cast): Person[] {
  const rank = ({ id }: Person) => (id === cast.pinned ? 0 : id === cast.lastSpeaker ? 1 : 2);
  return ordered(cast)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, STRIP);
}

/** Whether one person is shown large: by the layout, or because this person chose somebody who is there. */
export const focuses = (cast: Cast, layout: Layout) =>
  layout === "speaker" || cast.people.some((person) => person.id === cast.pinned && takesPart(person.role));

/** Whose screen is shown: the server allows one at a time. */
export const sharing = (people: readonly Person[]) =>
  people.find((person) => trackOf(person, "screen") !== undefined);

export interface TileSize {
  width: number;
  height: number;
}

/** Widest and narrowest shape of a tile. */
const RATIO_MAX = 16 / 9;
const RATIO_MIN = 4 / 3;

/** The largest tiles of one shape that fit, `count` of them, in a stage of that size. Pixels. */
export function tileSize(count: number, width: number, height: number, gap: number): TileSize {
  let best: TileSize = { width: 0, height: 0 };
  let bestScore = 0;
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tileWidth = Math.min(cellWidth, cellHeight * RATIO_MAX);
    const tileHeight = Math.min(cellHeight, tileWidth / RATIO_MIN);
    // A wide stage is better filled side by side, even if tiles are a little smaller.
    const along = width >= height ? columns >= rows : rows >= columns;
    const score = tileWidth * tileHeight * (along ? 1.15 : 1);
    if (score > bestScore) {
      bestScore = score;
      best = { width: tileWidth, height: tileHeight };
    }
  }
  return { width: Math.floor(best.width), height: Math.floor(best.height) };
}
