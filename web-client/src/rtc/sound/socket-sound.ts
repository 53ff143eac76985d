// Sound by the page's own socket, when no media connection comes through: decides when, hears and speaks.
import type { TrackId } from "../../protocol/generated/id";
import type { AnsweredTrack, Notice, Request, SoundStream } from "../../protocol/generated/protocol";
import type { BySocket, RemoteTrack, Transport } from "../../store/media";
import { soundBySocket } from "./able";
import { Blocked, type Direction } from "./blocked";
import { readHeard, writeSpoken } from "./message";
import { Microphone } from "./microphone";
import { Player } from "./player";

export interface SoundEvents {
  /** False when there is no connection to send on. */
  send: (request: Request) => boolean;
  sendSound: (message: Uint8Array<ArrayBuffer>) => boolean;
  /** All that is heard by the socket now; replaces what was told before. */
  tracks: (tracks: RemoteTrack[]) => void;
  /** The microphone goes by the socket, or no longer. */
  withhold: (withheld: boolean) => void;
  /** The track that the microphone has there. */
  microphone: (track: TrackId) => void;
  state: (state: BySocket) => void;
}

export class SocketSound {
  readonly #blocked: Blocked;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asked = { on: false, microphone: false };
  #own: { media: MediaStreamTrack | null; on: boolean } = { media: null, on: false };
  #player: Player | null = null;
  #microphone: { encoder: Microphone; media: MediaStreamTrack } | null = null;
  /** The media connection works again and has not yet taken the microphone over. */
  #handing = false;
  #withheld = false;
  #closed = false;

  constructor(
    private readonly events: SoundEvents,
    known: boolean,
  ) {
    this.#blocked = new Blocked(known);
  }

  /** A media connection changed its state. */
  turn(direction: Direction, state: Transport): void {
    this.#blocked.turn(direction, state, performance.now());
    this.#look();
  }

  /** The own microphone as the person wants it. */
  own(media: MediaStreamTrack | null, on: boolean): void {
    if (this.#own.media === media && this.#own.on === on) return;
    this.#own = { media, on };
    this.#look();
  }

  /** The socket is open, and its server knows nothing of what was asked on another one. */
  greeted(): void {
    this.#asked = { on: false, microphone: false };
    this.#look();
  }

  /** The server took an offer with the microphone, should it be one of these: the socket gives it back. */
  published(tracks: readonly AnsweredTrack[]): void {
    if (!tracks.some(({ source }) => source === "microphone")) return;
    this.#handing = false;
    this.#look();
  }

  told(notice: Extract<Notice, { type: "sound" }>): void {
    if (notice.microphone && this.#asked.microphone) this.events.microphone(notice.microphone);
    if (this.#asked.on) this.#hear(notice.streams);
  }

  heard(message: ArrayBuffer): void {
    const heard = this.#asked.on ? readHeard(message) : null;
    if (heard) this.#player?.take(heard.stream, heard.timestamp, heard.packet);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#endHearing();
    this.#endSpeaking();
  }

  /** Does what the state of the connections asks for. */
  #look(): void {
    if (this.#closed) return;
    const now = performance.now();
    const ways = this.#blocked.ways(now);
    const usable = soundBySocket();
    const blocked = ways.publish || ways.subscribe;
    this.events.state(blocked ? (usable ? "on" : "unsupported") : "off");
    if (usable) {
      const microphone = this.#own.media !== null && this.#keepsMicrophone(ways.publish);
      this.#ask(ways.subscribe, microphone);
      if (microphone && this.#own.media) this.#speak(this.#own.media, this.#own.on);
      else this.#endSpeaking();
      if (!ways.subscribe) this.#endHearing();
    }
    this.#wait(now);
  }

  /** Whether the microphone goes by the socket: until its media connection has taken it over, so that nothing is missing. */
  #keepsMicrophone(needed: boolean): boolean {
    if (needed || !this.#asked.microphone) this.#handing = false;
    else if (this.#withheld) this.#handing = true;
    this.#withhold(needed && this.#own.media !== null);
    return needed || this.#handing;
  }

  #withhold(withheld: boolean): void {
    if (this.#withheld === withheld) return;
    this.#withheld = withheld;
    this.events.withhold(withheld);
  }

  #wait(now: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    const next = this.#blocked.next(now);
    this.#timer = next === null ? null : setTimeout(() => this.#look(), next + 1);
  }

  #ask(on: boolean, microphone: boolean): void {
    if (on === this.#asked.on && microphone === this.#asked.microphone) return;
    if (on) void this.#open();
    if (this.events.send({ type: "sound", on, microphone })) this.#asked = { on, microphone };
  }

  async #open(): Promise<void> {
    const player = this.#player ?? new Player();
    this.#player = player;
    await player.open().catch(() => undefined);
  }

  /** A media track for each stream, once everything is ready to play it. */
  async #hear(streams: readonly SoundStream[]): Promise<void> {
    await this.#open();
    const player = this.#player;
    if (!player || !this.#asked.on) return;
    player.keep(streams.map(({ stream }) => stream));
    this.events.tracks(
      streams.flatMap(({ stream, track, participant, source }) => {
        const media = player.media(stream);
        return media ? [{ track, participant, source, media }] : [];
      }),
    );
  }

  #endHearing(): void {
    if (!this.#player) return;
    this.#player.close();
    this.#player = null;
    this.events.tracks([]);
  }

  #speak(media: MediaStreamTrack, on: boolean): void {
    if (this.#microphone?.media !== media) {
      this.#endSpeaking();
      const encoder = new Microphone((timestamp, packet) =>
        this.events.sendSound(writeSpoken(timestamp, packet)),
      );
      this.#microphone = { encoder, media };
      encoder.open(media).catch(() => this.events.state("unsupported"));
    }
    this.#microphone?.encoder.silence(!on);
  }

  #endSpeaking(): void {
    this.#microphone?.encoder.close();
    this.#microphone = null;
  }
}
