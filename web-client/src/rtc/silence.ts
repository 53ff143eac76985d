// Notices that a path went silent, seconds before the browser's own ICE does.

/** Silent for so long, a path on which something came all the time is broken: the server says something every second. */
export const SILENT_MS = 2_500;
/** Looks that come later than this tell nothing: the page itself stood still. */
const LATE_MS = 1_500;
/** So many arrivals make a habit. */
const HABIT = 3;
/** A silence is so many times longer than the usual pauses. */
const UNUSUAL = 3;

export class Silence {
  #looked = Number.NEGATIVE_INFINITY;
  #arrived = 0;
  #changedAt = 0;
  #changes = 0;
  #pause = 0;

  /** `arrived`: a number that grows with whatever comes. True once when nothing has come for unusually long. */
  look(now: number, arrived: number): boolean {
    const late = now - this.#looked > LATE_MS;
    this.#looked = now;
    if (late) {
      this.#begin(now, arrived);
      return false;
    }
    if (arrived !== this.#arrived) {
      this.#pause = Math.max(now - this.#changedAt, this.#pause * 0.8);
      this.#arrived = arrived;
      this.#changedAt = now;
      this.#changes += 1;
      return false;
    }
    const silent = now - this.#changedAt >= Math.max(SILENT_MS, this.#pause * UNUSUAL);
    if (!silent || this.#changes < HABIT) return false;
    this.#begin(now, arrived);
    return true;
  }

  #begin(now: number, arrived: number): void {
    this.#arrived = arrived;
    this.#changedAt = now;
    this.#changes = 0;
    this.#pause = 0;
  }
}
