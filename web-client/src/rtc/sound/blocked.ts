// When sound goes by the page: no media connection has come through for a while.
import type { Transport } from "../../store/media";

/** A connection that has not come through by then probably will not. */
export const PATIENCE_MS = 10_000;
/** One that had come through finds another path sooner, if there is one; whoever listens misses what is said. */
export const BROKEN_MS = 4_000;

export type Direction = "publish" | "subscribe";

/** Which of the two directions need the page. `now` is in milliseconds of any clock that only grows. */
export class Blocked {
  #state: Record<Direction, Transport> = { publish: "idle", subscribe: "idle" };
  /** Since when a direction tries in vain; being torn down and tried anew is no success. */
  #since: Record<Direction, number | null> = { publish: null, subscribe: null };
  #patience: Record<Direction, number> = { publish: PATIENCE_MS, subscribe: PATIENCE_MS };

  /** `known`: the check before the entry has found that nothing passes. */
  constructor(private known: boolean) {}

  turn(direction: Direction, state: Transport, now: number): void {
    this.#state[direction] = state;
    if (state === "connected") {
      this.#since[direction] = null;
      this.#patience[direction] = BROKEN_MS;
      this.known = false;
    } else if (state !== "idle") this.#since[direction] ??= now;
  }

  /** The directions that go by the page now. What does not pass one way does not pass the other either. */
  ways(now: number): Record<Direction, boolean> {
    const blocked = this.known || this.#left("publish", now) === 0 || this.#left("subscribe", now) === 0;
    return {
      publish: blocked && this.#state.publish !== "connected",
      subscribe: blocked && this.#state.subscribe !== "connected",
    };
  }

  /** In how many milliseconds that may change by itself; null when it does not. */
  next(now: number): number | null {
    const waits = [this.#left("publish", now), this.#left("subscribe", now)].filter((left) => left !== null);
    const coming = waits.filter((left) => left > 0);
    return coming.length > 0 ? Math.min(...coming) : null;
  }

  /** For how long it is waited still; null when it comes through. */
  #left(direction: Direction, now: number): number | null {
    const since = this.#since[direction];
    return since === null ? null : Math.max(0, since + this.#patience[direction] - now);
  }
}
