// When sound goes by the page: no media connection has come through for a while.
import type { Transport } from "../../store/media";

/** A connection that has not come through by then probably will not. */
export const PATIENCE_MS = 10_000;

export type Direction = "publish" | "subscribe";

/** Which of the two directions need the page. `now` is in milliseconds of any clock that only grows. */
export class Blocked {
  #state: Record<Direction, Transport> = { publish: "idle", subscribe: "idle" };
  /** Since when a direction tries in vain; being torn down and tried anew is no success. */
  #since: Record<Direction, number | null> = { publish: null, subscribe: null };

  /** `known`: the check before the entry has found that nothing passes. */
  constructor(private known: boolean) {}

  turn(direction: Direction, state: Transport, now: number): void {
    this.#state[direction] = state;
    if (state === "connected") {
      this.#since[direction] = null;
      this.known = false;
    } else if (state !== "idle") this.#since[direction] ??= now;
  }

  /** The directions that go by the page now. What does not pass one way does not pass the other either. */
  ways(now: number): Record<Direction, boolean> {
    const lasts = (since: number | null) => since !== null && now - since >= PATIENCE_MS;
    const blocked = this.known || lasts(this.#since.publish) || lasts(this.#since.subscribe);
    return {
      publish: blocked && this.#state.publish !== "connected",
      subscribe: blocked && this.#state.subscribe !== "connected",
    };
  }

  /** In how many milliseconds that may change by itself; null when it does not. */
  next(now: number): number | null {
    const waits = [this.#since.publish, this.#since.subscribe].flatMap((since) =>
      since === null || now - since >= PATIENCE_MS ? [] : [since + PATIENCE_MS - now],
    );
    return waits.length > 0 ? Math.min(...waits) : null;
  }
}
