// The connection that sends: the page offers, the server answers. One transceiver a source, reused as long as it lives.
import type { TrackId } from "../protocol/generated/id";
import type { AnsweredTrack, PublishedSource, Request, Source } from "../protocol/generated/protocol";
import type { Transport } from "../store/media";
import { choices } from "./devices";
import {
  type Demand,
  type Encoding,
  encodingsOf,
  type Load,
  type PictureCodec,
  type Sending,
} from "./encodings";
import { TransportWatch } from "./transport";
import { Turns } from "./turns";
import { type Path, pathThrough } from "./way";
import type { Ways } from "./ways";

/** An offer without answer is sent again after that long. */
const ANSWER_MS = 10_000;

/** Sent that often, the person is told. */
const TELLING = 3;

/** A source that is published, whether or not its device runs. */
interface Slot {
  media: MediaStreamTrack | null;
  muted: boolean;
  transceiver: RTCRtpTransceiver | null;
  track: TrackId | null;
  /** What the others watch of it; null until the server tells. */
  demand: Demand | null;
}

/** What the server answers to the offer of that number. */
export interface Answer {
  negotiation: number;
  sdp: string;
  tracks: AnsweredTrack[];
}

export interface PublisherEvents {
  /** False when there is no connection to send on. */
  send: (request: Request) => boolean;
  transport: (state: Transport) => void;
  /** An offer stays without answer; it goes on being sent. */
  unanswered: () => void;
  /** The path broke and is being restarted: the socket may be dead as well. */
  stalled: () => void;
}

export class Publisher {
  #connection: RTCPeerConnection | null = null;
  #watch: TransportWatch | null = null;
  #slots = new Map<Source, Slot>();
  /** Transceivers of sources that were taken back, for the next time. */
  #idle = new Map<Source, RTCRtpTransceiver>();
  #turns = new Turns(() => this.#round());
  #answer: ((answer: Answer | null) => void) | null = null;
  /** The number of the last offer, that its answer bears. */
  #negotiation = 0;
  #restartIce = false;
  /** The microphone goes another way: offers leave it out. */
  #withheld = false;
  #load: Load = { visibleCameras: 1, cores: globalThis.navigator?.hardwareConcurrency || 4 };
  /** One codec for the life of this object: encodings are negotiated for it. */
  readonly #codec: PictureCodec = choices().codec;

  constructor(
    private readonly events: PublisherEvents,
    private readonly ways: Pick<Ways, "connect" | "widen">,
  ) {}

  publishes(source: Source): boolean {
    return this.#slots.has(source);
  }

  /** Sends a source, or replaces its device; `muted` is told to everybody. */
  async put(source: Source, media: MediaStreamTrack | null, muted: boolean): Promise<void> {
    const known = this.#slots.get(source);
    if (!known && !media) return;
    const slot = known ?? empty(muted);
    const changed = slot.media !== media;
    const told = slot.muted !== muted;
    this.#slots.set(source, slot);
    slot.media = media;
    slot.muted = muted;
    if (media) media.enabled = !muted || source === "camera" || source === "screen";
    if (changed && slot.transceiver) {
      await slot.transceiver.sender.replaceTrack(media);
      if (media) await this.#tune(source, slot);
    }
    if (slot.track) {
      if (told) this.events.send({ type: "mute", track: slot.track, muted });
    } else if (media && !(slot.transceiver && this.#answer)) {
      // Unless the answer under way is about it: `#learn` then repeats what changed since.
      this.#turns.want();
    }
  }

  /** The trainer silenced it: nothing is told back. */
  silence(source: Source): void {
    const slot = this.#slots.get(source);
    if (!slot) return;
    slot.muted = true;
    if (slot.media) slot.media.enabled = false;
  }

  /** The microphone goes by the page's socket, or may go by this connection again. */
  withhold(withheld: boolean): void {
    if (this.#withheld === withheld) return;
    this.#withheld = withheld;
    if (!withheld && this.#slots.get("microphone")?.media) this.#turns.want();
  }

  /** The track that the microphone has there. */
  adopt(track: TrackId): void {
    const slot = this.#slots.get("microphone");
    if (!slot || slot.track === track) return;
    slot.track = track;
    if (slot.muted) this.events.send({ type: "mute", track, muted: true });
  }

  /** Takes a source back for good (end of a screen share). */
  async take(source: Source): Promise<void> {
    const slot = this.#slots.get(source);
    if (!slot) return;
    this.#slots.delete(source);
    if (slot.track) this.events.send({ type: "unpublish", track: slot.track });
    if (!slot.transceiver) return;
    this.#idle.set(source, slot.transceiver);
    await slot.transceiver.sender.replaceTrack(null);
  }

  /** The load changed: the camera is sent larger or smaller, without negotiation. */
  async setLoad(load: Load): Promise<void> {
    this.#load = load;
    const camera = this.#slots.get("camera");
    if (camera?.media && camera.transceiver) await this.#tune("camera", camera);
  }

  /** What the others watch of a picture changed: encodings nobody needs rest, without negotiation. */
  async demand(track: TrackId, demand: Demand): Promise<void> {
    for (const [source, slot] of this.#slots) {
      if (slot.track !== track) continue;
      slot.demand = demand;
      await this.#tune(source, slot);
    }
  }

  /** An answer to a former offer comes too late: another one is under way, or was answered. */
  answered({ negotiation, sdp, tracks }: Answer): void {
    if (negotiation === this.#negotiation) this.#answer?.({ negotiation, sdp, tracks });
  }

  /** The server did not accept the last offer; tells which sources it was about. */
  refuse(): Source[] {
    this.#answer?.(null);
    return [...this.#slots].filter(([, slot]) => slot.media && !slot.track).map(([source]) => source);
  }

  /** The path changed: new ICE credentials on the same connection. */
  restart(): void {
    if (!this.#connection) return;
    this.ways.widen(this.#connection);
    this.#restartIce = true;
    this.#turns.want();
  }

  /** The socket came back: an answer that was lost with it is not waited for, and what it was about is offered again. */
  resume(): void {
    const waiting = this.#answer !== null;
    this.#answer?.(null);
    if (!this.healthy) this.restart();
    else if (waiting || [...this.#slots.values()].some((slot) => slot.media && !slot.track))
      this.#turns.want();
  }

  /** True when nothing is sent, or when it flows. */
  get healthy(): boolean {
    return !this.#watch || this.#watch.healthy;
  }

  /** The way through the network; null as long as there is none. */
  async path(): Promise<Path | null> {
    return this.#connection && pathThrough(this.#connection);
  }

  /**
   * The server knows nothing of the old connection: everything is published again on a new one. With `forget` it does
   * not know what goes by the page's socket either.
   */
  rebuild(forget: boolean): void {
    this.#discard();
    for (const [source, slot] of this.#slots) {
      slot.transceiver = null;
      slot.demand = null;
      // The server ends what the next offer leaves out. The page's socket keeps a microphone that goes by it.
      if (forget || !this.#away(source)) slot.track = null;
    }
    if ([...this.#slots.values()].some((slot) => slot.media)) this.#turns.want();
  }

  close(): void {
    this.#turns.close();
    this.#discard();
    this.#slots.clear();
  }

  #discard(): void {
    this.#answer?.(null);
    this.#watch?.close();
    this.#watch = null;
    this.#connection?.close();
    this.#connection = null;
    this.#idle.clear();
    this.#restartIce = false;
    this.events.transport("idle");
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

  async #round(): Promise<void> {
    const connection = this.#connection ?? this.#open();
    for (const [source, slot] of this.#slots)
      if (!slot.transceiver && slot.media) this.#attach(connection, source, slot);
    const iceRestart = this.#restartIce;
    this.#restartIce = false;
    await connection.setLocalDescription(await connection.createOffer({ iceRestart }));
    const tracks: PublishedSource[] = [];
    for (const [source, slot] of this.#slots) {
      const mid = slot.transceiver?.mid;
      if (mid && !this.#away(source)) tracks.push({ mid, source, muted: slot.muted });
    }
    const sdp = connection.localDescription?.sdp;
    if (!sdp) return;
    const answer = await this.#ask(sdp, tracks);
    if (connection !== this.#connection) return;
    if (!answer) {
      if (iceRestart) this.#restartIce = true;
      return;
    }
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.#learn(answer.tracks, tracks);
  }

  /** Sends the offer, again and again as long as nothing comes back; null when refused or unsendable. */
  #ask(sdp: string, tracks: PublishedSource[]): Promise<Answer | null> {
    this.#negotiation += 1;
    const request: Request = { type: "publish", negotiation: this.#negotiation, sdp, tracks };
    let sent = 0;
    return new Promise((resolve) => {
      const send = () => {
        sent += 1;
        if (sent === TELLING) this.events.unanswered();
        if (!this.events.send(request)) this.#answer?.(null);
      };
      const timer = setInterval(send, ANSWER_MS);
      this.#answer = (answer) => {
        this.#answer = null;
        clearInterval(timer);
        resolve(answer);
      };
      send();
    });
  }

  #away(source: Source): boolean {
    return this.#withheld && source === "microphone";
  }

  /** Takes the identifiers, and repeats what was clicked while the answer was on its way. */
  #learn(answered: AnsweredTrack[], offered: PublishedSource[]): void {
    for (const [source, slot] of this.#slots) {
      if (this.#away(source)) continue;
      const known = slot.track;
      slot.track = answered.find((one) => one.source === source)?.track ?? null;
      const told = offered.find((one) => one.source === source)?.muted;
      if (slot.track && slot.track !== known && told !== undefined && told !== slot.muted) {
        this.events.send({ type: "mute", track: slot.track, muted: slot.muted });
      }
    }
    for (const { source, track } of answered) {
      const wasOffered = offered.some((one) => one.source === source);
      if (wasOffered && !this.#slots.has(source)) this.events.send({ type: "unpublish", track });
    }
  }

  #attach(connection: RTCPeerConnection, source: Source, slot: Slot): void {
    if (!slot.media) return;
    const idle = this.#idle.get(source);
    if (idle) {
      this.#idle.delete(source);
      slot.transceiver = idle;
      void idle.sender.replaceTrack(slot.media).then(() => this.#tune(source, slot));
      return;
    }
    slot.transceiver = addSender(connection, slot.media, encodingsOf(source, this.#sending(slot)));
    if (slot.media.kind === "video") prefer(slot.transceiver, this.#codec);
  }

  #sending({ media, demand }: Slot): Sending {
    const captureHeight = media?.getSettings().height ?? 0;
    return { captureHeight, load: this.#load, codec: this.#codec, demand };
  }

  async #tune(source: Source, slot: Slot): Promise<void> {
    const sender = slot.transceiver?.sender;
    if (!sender || !slot.media) return;
    const wanted = encodingsOf(source, this.#sending(slot));
    const parameters = sender.getParameters();
    parameters.encodings = parameters.encodings.map((encoding, rung) => ({ ...encoding, ...wanted[rung] }));
    // A browser that refuses the parameters keeps its own: worse, but the picture goes out.
    await sender.setParameters(parameters).catch(() => undefined);
  }
}

const empty = (muted: boolean): Slot => ({
  media: null,
  muted,
  transceiver: null,
  track: null,
  demand: null,
});

/** A browser that knows no scalability mode of that name sends without layers in time. */
function addSender(
  connection: RTCPeerConnection,
  media: MediaStreamTrack,
  encodings: Encoding[],
): RTCRtpTransceiver {
  try {
    return connection.addTransceiver(media, { direction: "sendonly", sendEncodings: encodings });
  } catch {
    const sendEncodings = encodings.map(({ scalabilityMode: _, ...rest }) => rest);
    return connection.addTransceiver(media, { direction: "sendonly", sendEncodings });
  }
}

/** Puts a codec first among those of the browser; one that it lacks changes nothing. */
function prefer(transceiver: RTCRtpTransceiver, codec: PictureCodec): void {
  const known = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  const chosen = known.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`);
  if (chosen.length === 0 || !("setCodecPreferences" in transceiver)) return;
  transceiver.setCodecPreferences([...chosen, ...known.filter((one) => !chosen.includes(one))]);
}
