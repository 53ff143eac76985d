// Watches one RTCPeerConnection: tells its state in three words, and asks for a restart when the path is gone.
import type { Transport } from "../store/media";
import { Silence } from "./silence";
import { type Arrival, arrivedThrough } from "./way";

/** A short break heals by itself. */
const PATIENCE_MS = 2_000;
/** Between two restarts of the same connection. */
const PAUSE_MS = 5_000;
/** Between two looks at what arrives. */
const LOOK_MS = 500;

/** Whether something came since, by the same path or by another one. */
const speaks = (before: Arrival, now: Arrival) =>
  now.path === before.path ? now.count > before.count : now.count > 0;

export class TransportWatch {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #restartedAt = Number.NEGATIVE_INFINITY;
  /** What had arrived when the path went silent; null while it speaks. */
  #silent: Arrival | null = null;
  readonly #silence = new Silence();
  readonly #looks: ReturnType<typeof setInterval>;

  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly tell: (state: Transport) => void,
    private readonly restart: () => void,
  ) {
    connection.addEventListener("connectionstatechange", this.#look);
    connection.addEventListener("iceconnectionstatechange", this.#look);
    this.#looks = setInterval(() => void this.#listen(), LOOK_MS);
  }

  close(): void {
    clearInterval(this.#looks);
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.connection.removeEventListener("connectionstatechange", this.#look);
    this.connection.removeEventListener("iceconnectionstatechange", this.#look);
  }

  /** True when media flows. */
  get healthy(): boolean {
    return this.connection.connectionState === "connected";
  }

  /** The browser takes many seconds to call a path disconnected on which nothing comes any more. */
  async #listen(): Promise<void> {
    if (!this.healthy) return;
    const arrived = await arrivedThrough(this.connection).catch(() => null);
    const now = performance.now();
    if (arrived === null || !this.healthy) return;
    if (this.#silent && speaks(this.#silent, arrived)) {
      this.#silent = null;
      this.tell("connected");
    }
    if (!this.#silence.look(now, arrived.count) || this.#silent) return;
    this.#silent = arrived;
    this.tell("connecting");
    if (!this.#timer) this.#plan(0);
  }

  #look = () => {
    const state = this.connection.connectionState;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (state !== "connected") this.#silent = null;
    // A path that is silent is not healed by a word of the browser about it.
    if (state === "connected") {
      if (this.#silent) this.#plan(0);
      else this.tell("connected");
    } else if (state === "failed") {
      this.tell("failed");
      this.#plan(0);
    } else if (state === "disconnected") this.#plan(PATIENCE_MS);
    else if (state !== "closed") this.tell("connecting");
  };

  #plan(wait: number): void {
    const earliest = this.#restartedAt + PAUSE_MS - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        const state = this.connection.connectionState;
        if (state === "closed" || (state === "connected" && !this.#silent)) return;
        this.#restartedAt = performance.now();
        this.tell("connecting");
        this.restart();
        // If that restart does not help, the next one comes by itself.
        this.#plan(PAUSE_MS);
      },
      Math.max(wait, earliest, 0),
    );
  }
}
