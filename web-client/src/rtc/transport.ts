// Watches one RTCPeerConnection: tells its state in three words, and asks for a restart when the path is gone.
import type { Transport } from "../store/media";
import { Silence } from "./silence";
import { arrivedThrough } from "./way";

/** A short break heals by itself. */
const PATIENCE_MS = 2_000;
/** Between two restarts of the same connection. */
const PAUSE_MS = 5_000;
/** Between two looks at what arrives. */
const LOOK_MS = 500;

export class TransportWatch {
  #timer: ReturnType<typeof setTimeout> | null = null;
  #restartedAt = Number.NEGATIVE_INFINITY;
  /** What had arrived when the path went silent. */
  #silentAt: number | null = null;
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
    if (this.#silentAt !== null && this.#silentAt !== arrived) {
      this.#silentAt = null;
      this.tell("connected");
    }
    if (!this.#silence.look(now, arrived)) return;
    this.#silentAt = arrived;
    this.tell("connecting");
    if (this.#timer || now < this.#restartedAt + PAUSE_MS) return;
    this.#restartedAt = now;
    this.restart();
  }

  #look = () => {
    const state = this.connection.connectionState;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#silentAt = null;
    if (state === "connected") this.tell("connected");
    else if (state === "failed") {
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
        if (this.connection.connectionState === "connected" || this.connection.connectionState === "closed")
          return;
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
