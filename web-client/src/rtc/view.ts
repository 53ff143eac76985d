// What of the others is on this screen, and how large: the server sends no more than that.
import type { TrackId } from "../protocol/generated/id";
import type { Tile } from "../protocol/generated/protocol";

/** Whether pictures are drawn, and how large, as measured by whoever shows them. */
export interface Seen {
  /** CSS pixels. */
  width: number;
  height: number;
  /** False when scrolled or covered away, or not laid out. */
  inSight: boolean;
  /** In a window of its own that stays when the page is hidden. */
  floating: boolean;
}

/** More than two device pixels a CSS pixel are not worth their bits. */
const DENSEST = 2;
/** The most the server takes. */
const MOST = 100;

/** A new or lost picture is told almost at once: somebody waits for it. */
export const APPEARED_MS = 30;
/** Sizes come to rest first. */
export const RESIZED_MS = 150;
/** Looking at another tab for a moment costs no keyframe. */
export const HIDDEN_MS = 1_000;

/** The list for the server: what is in sight, largest first, in device pixels. */
export function tilesOf(seen: ReadonlyMap<TrackId, Seen>, density: number, hidden: boolean): Tile[] {
  const scale = Math.min(Math.max(density, 1), DENSEST);
  const pixels = (css: number) => Math.min(65_535, Math.round(css * scale));
  return [...seen]
    .filter(([, one]) => one.floating || (one.inSight && !hidden))
    .map(([track, one]) => ({ track, width: pixels(one.width), height: pixels(one.height) }))
    .filter(({ width, height }) => width > 0 && height > 0)
    .sort((a, b) => b.width * b.height - a.width * a.height || a.track.localeCompare(b.track))
    .slice(0, MOST);
}

/** How long a change may wait. */
export function patience(before: readonly Tile[] | null, now: readonly Tile[], hidden: boolean): number {
  if (hidden) return HIDDEN_MS;
  const known = new Set(before?.map(({ track }) => track));
  return now.length === known.size && now.every(({ track }) => known.has(track)) ? RESIZED_MS : APPEARED_MS;
}

/** Gathers what the elements of the page report, and tells the server when it has changed. */
export class View {
  #seen = new Map<TrackId, Seen>();
  /** What the server knows; null when it knows nothing. */
  #told: readonly Tile[] | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #dueAt = 0;

  constructor(
    /** False when nothing could be sent. */
    private readonly send: (tiles: Tile[]) => boolean,
    private readonly page: { readonly hidden: boolean } = document,
    private readonly density: () => number = () => devicePixelRatio,
  ) {}

  /** A picture is shown so; null when it is no longer shown. */
  report(track: TrackId, seen: Seen | null): void {
    if (seen) this.#seen.set(track, seen);
    else this.#seen.delete(track);
    this.look();
  }

  /** The page was hidden or shown, or the window moved to another screen. */
  look(): void {
    const tiles = this.#tiles();
    if (same(this.#told, tiles, this.page.hidden)) {
      this.close();
      return;
    }
    const due = performance.now() + patience(this.#told, tiles, this.page.hidden);
    if (this.#timer !== null && this.#dueAt <= due) return;
    this.close();
    this.#dueAt = due;
    this.#timer = setTimeout(() => this.#tell(), due - performance.now());
  }

  /** The server starts anew and knows nothing of this screen. */
  forget(): void {
    this.#told = null;
    this.look();
  }

  /** Tells nothing more until something changes again. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #tell(): void {
    this.#timer = null;
    const tiles = this.#tiles();
    if (!same(this.#told, tiles, this.page.hidden) && this.send(tiles)) this.#told = tiles;
  }

  #tiles(): Tile[] {
    return tilesOf(this.#seen, this.density(), this.page.hidden);
  }
}

/** Before the first list everything is sent, so that an empty one needs no telling; a hidden page needs it. */
function same(told: readonly Tile[] | null, now: readonly Tile[], hidden: boolean): boolean {
  if (told === null) return now.length === 0 && !hidden;
  return (
    told.length === now.length &&
    told.every((one, place) => {
      const other = now[place];
      return one.track === other?.track && one.width === other.width && one.height === other.height;
    })
  );
}
