/** Which stretches of the recording were played: what the presence sheet tells apart from presence. */

/** From and until, milliseconds of the replay. */
export type Stretch = [number, number];

/** Faster, it does not count. */
export const FASTEST = 1.5;
/** Ticks of pages in the background come late. */
const SLACK_MS = 500;
/** As many as the server heeds in one report. */
const MOST = 64;

interface Look {
  playMs: number;
  /** Running, and not waiting for media. */
  playing: boolean;
  speed: number;
}

export class Watching {
  #stretches: Stretch[] = [];
  #open: Stretch | undefined;
  #at = 0;

  /** What the player says `now`, milliseconds of any clock that never goes back. */
  see({ playMs, playing, speed }: Look, now: number): void {
    const counts = playing && speed <= FASTEST;
    const open = this.#open;
    if (open) {
      const step = playMs - open[1];
      if (step >= 0 && step <= (now - this.#at) * speed + SLACK_MS) open[1] = Math.round(playMs);
      else this.#close();
    }
    if (!counts) this.#close();
    else this.#open ??= [Math.round(playMs), Math.round(playMs)];
    this.#at = now;
  }

  /** What was played since it was taken before; what goes on begins anew. */
  take(): Stretch[] {
    const open = this.#open;
    this.#close();
    if (open) this.#open = [open[1], open[1]];
    return this.#stretches.splice(0, MOST);
  }

  /** What could not be reported is still to be. */
  giveBack(stretches: readonly Stretch[]): void {
    this.#stretches.unshift(...stretches);
  }

  #close(): void {
    if (this.#open && this.#open[1] > this.#open[0]) this.#stretches.push(this.#open);
    this.#open = undefined;
  }
}
