// Sound by the page's own socket, when no media connection comes through: decides when, hears and speaks.

import type { StoreApi } from "zustand/vanilla";
import type { AnsweredTrack, Notice, Request, SoundStream } from "../../protocol/generated/protocol";
import type { BySocket, MediaState, OwnSource, RemoteTrack } from "../../store/media";
import type { Publisher } from "../publish";
import { nothingPasses } from "../ways";
import { soundBySocket } from "./able";
import { Blocked } from "./blocked";
import { readHeard, writeSpoken } from "./message";
import { Microphone } from "./microphone";
import { Player } from "./player";

/** What sound by the socket needs of the rest of the page. */
export interface Around {
  /** False when there is no connection to send on. */
  send: (request: Request) => boolean;
  sendSound: (message: Uint8Array<ArrayBuffer>) => boolean;
  /** All that is heard by the socket now; replaces what was told before. */
  tracks: (tracks: RemoteTrack[]) => void;
  publisher: Pick<Publisher, "withhold" | "adopt">;
  media: StoreApi<MediaState>;
}

export class SocketSound {
  readonly #blocked: Blocked;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asked = { on: false, microphone: false };
  /** Ends listening to the store. */
  readonly #leave: () => void;
  #player: Player | null = null;
  #microphone: { encoder: Microphone; media: MediaStreamTrack } | null = null;
  /** The media connection works again and has not yet taken the microphone over. */
  #handing = false;
  #withheld = false;
  #closed = false;

  /** `known`: the check before the entry has found that nothing passes. */
  constructor(
    private readonly around: Around,
    known = nothingPasses(),
  ) {
    this.#blocked = new Blocked(known);
    this.#leave = around.media.subscribe((now, before) => {
      const microphone = now.own.microphone !== before.own.microphone;
      if (microphone || now.publish !== before.publish || now.subscribe !== before.subscribe)
        this.#changed(now, before);
    });
  }

  /** A media connection changed its state, or the person wants something else of the own microphone. */
  #changed(now: MediaState, before: MediaState): void {
    for (const direction of ["publish", "subscribe"] as const)
      if (now[direction] !== before[direction])
        this.#blocked.turn(direction, now[direction], performance.now());
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
    if (notice.microphone && this.#asked.microphone) this.around.publisher.adopt(notice.microphone);
    if (this.#asked.on) this.#hear(notice.streams);
  }

  heard(message: ArrayBuffer): void {
    const heard = this.#asked.on ? readHeard(message) : null;
    if (heard) this.#player?.take(heard.stream, heard.timestamp, heard.packet);
  }

  close(): void {
    this.#closed = true;
    this.#leave();
    if (this.#timer) clearTimeout(this.#timer);
    this.#endHearing();
    this.#endSpeaking();
  }

  get #own(): OwnSource {
    return this.around.media.getState().own.microphone;
  }

  /** Does what the state of the connections asks for. */
  #look(): void {
    if (this.#closed) return;
    const now = performance.now();
    const ways = this.#blocked.ways(now);
    const usable = soundBySocket();
    const blocked = ways.publish || ways.subscribe;
    this.#tell(blocked ? (usable ? "on" : "unsupported") : "off");
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
    this.around.publisher.withhold(withheld);
  }

  #wait(now: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    const next = this.#blocked.next(now);
    this.#timer = next === null ? null : setTimeout(() => this.#look(), next + 1);
  }

  #ask(on: boolean, microphone: boolean): void {
    if (on === this.#asked.on && microphone === this.#asked.microphone) return;
    if (on) void this.#open();
    if (this.around.send({ type: "sound", on, microphone })) this.#asked = { on, microphone };
  }

  async #open(): Promise<void> {
    const player = this.#player ?? new Player();
    this.#player = player;
    await player.open().catch(() => this.#tell("unsupported"));
  }

  /** A media track for each stream, once everything is ready to play it. */
  async #hear(streams: readonly SoundStream[]): Promise<void> {
    await this.#open();
    const player = this.#player;
    if (!player || !this.#asked.on) return;
    player.keep(streams.map(({ stream }) => stream));
    this.around.tracks(
      streams.flatMap(({ stream, track, participant, source }) => {
        const media = player.media(stream);
        return media ? [{ track, participant, source, media }] : [];
      }),
    );
  }

  #tell(bySocket: BySocket): void {
    if (this.around.media.getState().bySocket !== bySocket) this.around.media.setState({ bySocket });
  }

  #endHearing(): void {
    if (!this.#player) return;
    this.#player.close();
    this.#player = null;
    this.around.tracks([]);
  }

  #speak(media: MediaStreamTrack, on: boolean): void {
    if (this.#microphone?.media !== media) {
      this.#endSpeaking();
      const encoder = new Microphone((timestamp, packet) =>
        this.around.sendSound(writeSpoken(timestamp, packet)),
      );
      this.#microphone = { encoder, media };
      encoder.open(media).catch(() => this.#tell("unsupported"));
    }
    this.#microphone?.encoder.silence(!on);
  }

  #endSpeaking(): void {
    this.#microphone?.encoder.close();
    this.#microphone = null;
  }
}
