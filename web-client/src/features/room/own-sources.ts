// The own microphone, camera and screen: from the click to the device to what is published.
import type { StoreApi } from "zustand/vanilla";
import type { Person, Refusal, Request, Source } from "../../protocol/generated/protocol";
import { openCamera, openMicrophone, openScreen } from "../../rtc/devices";
import type { Publisher } from "../../rtc/publish";
import { type DeviceProblem, type MediaState, type OwnSource, silentSource } from "../../store/media";
import { trackOf } from "../../store/room";

/** What screens may want to say when it happens. */
export type Event =
  | { what: "refused"; refusal: Refusal }
  | { what: "muted"; source: Source }
  | { what: "floor" }
  | { what: "device"; source: Source; problem: DeviceProblem }
  | { what: "outage"; ms: number }
  | { what: "unsent" }
  /** The server does not answer what one wants to show; the page goes on asking. */
  | { what: "unanswered" }
  /** The browser could not take what the others send, several times in a row. */
  | { what: "unreceived" };

export const SOURCES = [
  "microphone",
  "camera",
  "screen",
  "screen_audio",
] as const satisfies readonly Source[];

/** What is opened by a click, and may be exchanged while it runs. */
type Device = "microphone" | "camera";
const isDevice = (source: Source): source is Device => source === "microphone" || source === "camera";

/** What this person captures. Nothing is asked of the browser before a click. */
export class OwnSources {
  /** Counts the openings of each device: of two that cross, the later is kept. */
  #openings = { microphone: 0, camera: 0 };

  constructor(
    private readonly media: StoreApi<MediaState>,
    private readonly publisher: Publisher,
    private readonly tell: (event: Event) => void,
    /** True once nothing is published any more. */
    private readonly over: () => boolean,
  ) {}

  async toggleMicrophone(): Promise<void> {
    const { own } = this.media.getState();
    if (own.microphone.busy) return;
    if (own.microphone.on) await this.#put("microphone", own.microphone.media, false);
    else if (own.microphone.media?.readyState === "live")
      await this.#put("microphone", own.microphone.media, true);
    else await this.#openDevice("microphone");
  }

  async toggleCamera(): Promise<void> {
    const { own } = this.media.getState();
    if (own.camera.busy) return;
    if (!own.camera.on) {
      await this.#openDevice("camera");
      return;
    }
    own.camera.media?.stop();
    await this.#put("camera", null, false);
  }

  async toggleScreen(): Promise<void> {
    const { own } = this.media.getState();
    if (own.screen.busy) return;
    if (own.screen.on) await this.#endScreen();
    else await this.#openScreen();
  }

  /** Another microphone or camera was chosen: what runs, or is being opened, moves over to it. */
  async changeDevice(source: Device): Promise<void> {
    const own = this.media.getState().own[source];
    if (!own.media && !own.busy) return;
    own.media?.stop();
    if (own.on || own.busy) await this.#openDevice(source);
    else this.#set(source, { media: null });
  }

  async #openDevice(source: Device): Promise<void> {
    this.#openings[source] += 1;
    const opening = this.#openings[source];
    this.#set(source, { busy: true, problem: null });
    const captured = await (source === "microphone" ? openMicrophone() : openCamera());
    if (opening !== this.#openings[source]) {
      captured.media?.stop();
      return;
    }
    this.#set(source, { busy: false });
    if (captured.media) await this.take(source, captured.media);
    else await this.#fails(source, captured.problem);
  }

  /** The device gives nothing, or nothing any more: the others learn it, and this person why. */
  async #fails(source: Device, problem: DeviceProblem): Promise<void> {
    await this.#put(source, null, false);
    this.#set(source, { problem });
    this.tell({ what: "device", source, problem });
  }

  /** A device that is being opened is not wanted any more. */
  #abandon(source: Source): void {
    if (!isDevice(source)) return;
    this.#openings[source] += 1;
    if (this.media.getState().own[source].busy) this.#set(source, { busy: false });
  }

  async #openScreen(): Promise<void> {
    this.#set("screen", { busy: true, problem: null });
    const { screen, sound, problem } = await openScreen();
    this.#set("screen", { busy: false });
    if (problem) this.tell({ what: "device", source: "screen", problem });
    if (!screen) return;
    await this.take("screen", screen);
    if (sound) await this.take("screen_audio", sound);
  }

  async #endScreen(): Promise<void> {
    await this.withdraw("screen");
    await this.withdraw("screen_audio");
  }

  /** A device runs: it is published, and watched for being unplugged. */
  async take(source: Source, media: MediaStreamTrack): Promise<void> {
    if (this.over()) {
      media.stop();
      return;
    }
    const former = this.media.getState().own[source].media;
    if (former !== media) former?.stop();
    media.addEventListener("ended", () => void this.#deviceEnded(source, media));
    await this.#put(source, media, true);
  }

  async #deviceEnded(source: Source, media: MediaStreamTrack): Promise<void> {
    if (this.media.getState().own[source].media !== media) return;
    if (isDevice(source)) await this.#fails(source, "missing");
    else await (source === "screen" ? this.#endScreen() : this.withdraw(source));
  }

  async #put(source: Source, media: MediaStreamTrack | null, on: boolean): Promise<void> {
    this.#set(source, { media, on, problem: null, ...(on ? { mutedByTrainer: false } : {}) });
    await this.publisher.put(source, media, !on);
  }

  async withdraw(source: Source): Promise<void> {
    this.#abandon(source);
    this.media.getState().own[source].media?.stop();
    this.#set(source, silentSource);
    await this.publisher.take(source);
  }

  /** What a trainer decided; at the moment of being silenced the source stops here too. */
  #mutedByTrainer(source: Source, muted: boolean, silencedNow: boolean): void {
    const own = this.media.getState().own[source];
    if (own.mutedByTrainer !== muted) this.#set(source, { mutedByTrainer: muted });
    if (!silencedNow) return;
    this.#abandon(source);
    this.publisher.silence(source);
    if (source === "screen") void this.#endScreen();
    else if (source === "camera") {
      own.media?.stop();
      void this.publisher.put("camera", null, true);
      this.#set(source, { media: null, on: false });
    } else this.#set(source, { on: false });
    this.tell({ what: "muted", source });
  }

  /** A trainer silenced one of the own sources, or it is no longer so. */
  obey(former: Person | undefined, now: Person): void {
    for (const source of SOURCES) {
      const muted = trackOf(now, source)?.mutedByTrainer ?? false;
      const wasMuted = trackOf(former, source)?.mutedByTrainer ?? false;
      this.#mutedByTrainer(source, muted, muted && !wasMuted);
    }
  }

  /** The role no longer allows the others: their devices stop. */
  renounce(publishable: readonly Source[]): void {
    for (const source of SOURCES) {
      const { media, busy } = this.media.getState().own[source];
      if (!publishable.includes(source) && (media || busy)) void this.withdraw(source);
    }
  }

  /** What the server believes of the own sources is made true again. */
  reconcile(believed: Person | undefined, send: (request: Request) => boolean): void {
    for (const source of SOURCES) {
      const known = trackOf(believed, source);
      const own = this.media.getState().own[source];
      if (!known || known.mutedByTrainer) continue;
      if (!this.publisher.publishes(source)) send({ type: "unpublish", track: known.track });
      else if (known.muted === own.on) send({ type: "mute", track: known.track, muted: !own.on });
    }
  }

  /** Every device stops; nothing is told. */
  stopAll(): void {
    for (const source of SOURCES) {
      this.#abandon(source);
      this.media.getState().own[source].media?.stop();
      this.#set(source, silentSource);
    }
  }

  #set(source: Source, changes: Partial<OwnSource>): void {
    this.media.setState((state) => ({
      own: { ...state.own, [source]: { ...state.own[source], ...changes } },
    }));
  }
}
