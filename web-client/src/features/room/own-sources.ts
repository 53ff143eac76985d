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
  | { what: "unsent" };

export const SOURCES = [
  "microphone",
  "camera",
  "screen",
  "screen_audio",
] as const satisfies readonly Source[];

/** What this person captures. Nothing is asked of the browser before a click. */
export class OwnSources {
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

  /** Another microphone or camera was chosen: what runs moves over to it. */
  async changeDevice(source: "microphone" | "camera"): Promise<void> {
    const own = this.media.getState().own[source];
    if (!own.media) return;
    own.media.stop();
    if (own.on) await this.#openDevice(source);
    else this.#set(source, { media: null });
  }

  async #openDevice(source: "microphone" | "camera"): Promise<void> {
    this.#set(source, { busy: true, problem: null });
    const captured = await (source === "microphone" ? openMicrophone() : openCamera());
    this.#set(source, { busy: false });
    if (captured.media) {
      await this.take(source, captured.media);
      return;
    }
    this.#set(source, { on: false, media: null, problem: captured.problem });
    this.tell({ what: "device", source, problem: captured.problem });
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
    media.addEventListener("ended", () => void this.#deviceEnded(source, media));
    await this.#put(source, media, true);
  }

  async #deviceEnded(source: Source, media: MediaStreamTrack): Promise<void> {
    if (this.media.getState().own[source].media !== media) return;
    if (source === "screen" || source === "screen_audio") {
      await (source === "screen" ? this.#endScreen() : this.withdraw(source));
      return;
    }
    await this.#put(source, null, false);
    this.#set(source, { problem: "missing" });
    this.tell({ what: "device", source, problem: "missing" });
  }

  async #put(source: Source, media: MediaStreamTrack | null, on: boolean): Promise<void> {
    this.#set(source, { media, on, problem: null, ...(on ? { mutedByTrainer: false } : {}) });
    await this.publisher.put(source, media, !on);
  }

  async withdraw(source: Source): Promise<void> {
    this.media.getState().own[source].media?.stop();
    this.#set(source, silentSource);
    await this.publisher.take(source);
  }

  /** What a trainer decided; at the moment of being silenced the source stops here too. */
  #mutedByTrainer(source: Source, muted: boolean, silencedNow: boolean): void {
    const own = this.media.getState().own[source];
    if (own.mutedByTrainer !== muted) this.#set(source, { mutedByTrainer: muted });
    if (!silencedNow) return;
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
      if (!publishable.includes(source) && this.media.getState().own[source].media)
        void this.withdraw(source);
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
