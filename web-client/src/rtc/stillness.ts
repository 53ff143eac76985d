/** A camera gives many pictures a second, whatever it films: after that long without one its picture is interrupted. */
const STILL_MS = 4_000;

/** Looks further apart than that say nothing: the page was asleep, or too busy to see what came. */
const ASLEEP_MS = 2_000;

/** How long the picture of a camera has stood still, as far as somebody could see it. Times in milliseconds. */
export class Stillness {
  #frameAt: number;
  #lookedAt: number;

  constructor(now: number) {
    this.#frameAt = now;
    this.#lookedAt = now;
  }

  /** A new picture was shown. */
  frame(now: number): void {
    this.#frameAt = now;
  }

  /** True when the picture is interrupted; to be called often. While nobody can see it, time stands still too. */
  look(now: number, seen: boolean): boolean {
    const since = now - this.#lookedAt;
    this.#lookedAt = now;
    if (!seen || since > ASLEEP_MS) this.#frameAt += since;
    return now - this.#frameAt >= STILL_MS;
  }
}
