// The connection that receives: the server offers what there is, the page answers, in order.
import type { OfferedTrack, Request } from "../protocol/generated/protocol";
import type { RemoteTrack, Transport } from "../store/media";
import { TransportWatch } from "./transport";
import { type Path, pathThrough } from "./way";
import type { Ways } from "./ways";

/** After an offer that the browser could not take: the first pause before asking for another, and the longest. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** That many in a row are no accident: the person is told. */
const TELLING = 3;

export interface Offer {
  negotiation: number;
  sdp: string;
  tracks: OfferedTrack[];
}

export interface SubscriberEvents {
  send: (request: Request) => boolean;
  transport: (state: Transport) => void;
  /** The path broke and is being restarted: the socket may be dead as well. */
  stalled: () => void;
  /** The browser could not take what is offered, several times in a row; it goes on trying. */
  unreceived: () => void;
  /** All that arrives now; replaces what was told before. */
  tracks: (tracks: RemoteTrack[]) => void;
}

export class Subscriber {
  #connection: RTCPeerConnection | null = null;
  #watch: TransportWatch | null = null;
  #queue: Promise<void> = Promise.resolve();
  /** Grows at each rebuild: offers made for a former connection are dropped. */
  #generation = 0;
  /** Offers in a row that could not be taken. */
  #failures = 0;
  /** Runs before another offer is asked for; those that come meanwhile are for the former connection. */
  #pause: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly events: SubscriberEvents,
    private readonly ways: Pick<Ways, "connect" | "widen">,
  ) {}

  offered(offer: Offer): void {
    if (this.#pause !== null) return;
    const generation = this.#generation;
    this.#queue = this.#queue.then(() => this.#answer(offer, generation)).catch(() => this.#fail(generation));
  }

  /** The path changed: asks for fresh credentials. */
  restart(): void {
    this.#endPause();
    if (this.#connection) this.ways.widen(this.#connection);
    this.events.send({ type: "subscribe_restart" });
  }

  get healthy(): boolean {
    return !this.#watch || this.#watch.healthy;
  }

  /** The way through the network; null as long as there is none. */
  async path(): Promise<Path | null> {
    return this.#connection && pathThrough(this.#connection);
  }

  /** The server knows nothing of the old connection; its next offer opens another one. */
  rebuild(): void {
    this.#endPause();
    this.#generation += 1;
    this.#watch?.close();
    this.#watch = null;
    this.#connection?.close();
    this.#connection = null;
    this.events.transport("idle");
    this.events.tracks([]);
  }

  close(): void {
    this.rebuild();
  }

  async #answer(offer: Offer, generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    const connection = this.#connection ?? this.#open();
    await connection.setRemoteDescription({ type: "offer", sdp: offer.sdp });
    await connection.setLocalDescription(await connection.createAnswer());
    if (generation !== this.#generation) return;
    const sdp = connection.localDescription?.sdp;
    if (sdp) this.events.send({ type: "subscribe_answer", negotiation: offer.negotiation, sdp });
    this.#failures = 0;
    const byMid = new Map(connection.getTransceivers().map((transceiver) => [transceiver.mid, transceiver]));
    const tracks: RemoteTrack[] = [];
    for (const { mid, track, participant, source } of offer.tracks) {
      const media = byMid.get(mid)?.receiver.track;
      if (media) tracks.push({ track, participant, source, media });
    }
    this.events.tracks(tracks);
  }

  #open(): RTCPeerConnection {
    const connection = this.ways.connect();
    this.#connection = connection;
    this.#watch = new TransportWatch(connection, this.events.transport, () => {
      this.events.stalled();
      this.restart();
    });
    return connection;
  }

  /** An offer that this connection cannot take: begins again on a new one, each time after a longer pause. */
  #fail(generation: number): void {
    if (generation !== this.#generation) return;
    this.rebuild();
    const pause = Math.min(PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures += 1;
    if (this.#failures === TELLING) this.events.unreceived();
    this.#pause = setTimeout(() => this.restart(), pause);
  }

  #endPause(): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = null;
  }
}
