// The connection that receives: the server offers what there is, the page answers, in order.
import type { OfferedTrack, Request } from "../protocol/generated/protocol";
import type { RemoteTrack, Transport } from "../store/media";
import { TransportWatch } from "./transport";
import { type Path, pathThrough } from "./way";
import type { Ways } from "./ways";

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
  /** All that arrives now; replaces what was told before. */
  tracks: (tracks: RemoteTrack[]) => void;
}

export class Subscriber {
  #connection: RTCPeerConnection | null = null;
  #watch: TransportWatch | null = null;
  #queue: Promise<void> = Promise.resolve();
  /** Grows at each rebuild: offers made for a former connection are dropped. */
  #generation = 0;

  constructor(
    private readonly events: SubscriberEvents,
    private readonly ways: Pick<Ways, "connect" | "widen">,
  ) {}

  offered(offer: Offer): void {
    const generation = this.#generation;
    this.#queue = this.#queue.then(() => this.#answer(offer, generation)).catch(() => this.#fail(generation));
  }

  /** The path changed: asks for fresh credentials. */
  restart(): void {
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

  /** An offer that this connection cannot take: begin again on a new one. */
  #fail(generation: number): void {
    if (generation !== this.#generation) return;
    this.rebuild();
    this.restart();
  }
}
