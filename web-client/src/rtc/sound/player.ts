// Decodes what comes by the socket, one decoder and one worklet a stream, and makes media tracks of it like any other.
import type { Arrived } from "./player.worklet";
import playerUrl from "./player.worklet.ts?worker&url";

const RATE = 48_000;
/** Packets that say nothing but that there is silence (discontinuous transmission). */
const SILENT = 2;
/** A decoder that is so far behind is not given more. */
const MOST_WAITING = 25;

/** One stream, from Opus packets to a media track. */
class Voice {
  #decoder: AudioDecoder | null = null;
  #pauses: boolean[] = [];
  #last: number | null = null;
  #time = 0;
  readonly #node: AudioWorkletNode;
  readonly media: MediaStreamTrack;

  constructor(context: AudioContext) {
    this.#node = new AudioWorkletNode(context, "preau-player", {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    const destination = context.createMediaStreamDestination();
    this.#node.connect(destination);
    const [media] = destination.stream.getAudioTracks();
    if (!media) throw new Error("a destination without a track");
    this.media = media;
  }

  take(timestamp: number, packet: Uint8Array): void {
    // Signed: the publisher may have begun anew.
    const step = this.#last === null ? 0 : (timestamp - this.#last) | 0;
    this.#last = timestamp;
    if (packet.byteLength <= SILENT) return;
    if (step < 0 || this.#decoder?.state === "closed") this.#forget();
    this.#decoder ??= this.#open();
    if (this.#decoder.decodeQueueSize > MOST_WAITING) return;
    this.#time += Math.max(0, step);
    this.#pauses.push(step <= 0 || step > 2 * 960);
    this.#decoder.decode(
      new EncodedAudioChunk({ type: "key", timestamp: Math.round((this.#time * 1_000) / 48), data: packet }),
    );
  }

  close(): void {
    this.#forget();
    this.#node.port.postMessage(null);
    this.#node.disconnect();
    this.media.stop();
  }

  #open(): AudioDecoder {
    const decoder = new AudioDecoder({
      output: (sound) => this.#decoded(sound),
      // The next packet opens another one.
      error: () => undefined,
    });
    decoder.configure({ codec: "opus", sampleRate: RATE, numberOfChannels: 2 });
    return decoder;
  }

  #forget(): void {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
    this.#pauses = [];
  }

  #decoded(sound: AudioData): void {
    const samples = new Float32Array(sound.numberOfFrames);
    const channel = new Float32Array(sound.numberOfFrames);
    for (let planeIndex = 0; planeIndex < sound.numberOfChannels; planeIndex += 1) {
      sound.copyTo(channel, { planeIndex, format: "f32-planar" });
      for (let at = 0; at < samples.length; at += 1)
        samples[at] = (samples[at] ?? 0) + (channel[at] ?? 0) / sound.numberOfChannels;
    }
    sound.close();
    const arrived: Arrived = { samples, afterPause: this.#pauses.shift() ?? false };
    this.#node.port.postMessage(arrived, [samples.buffer]);
  }
}

/** Everything that is heard by the socket. */
export class Player {
  #context: AudioContext | null = null;
  #ready: Promise<void> | null = null;
  #voices = new Map<number, Voice>();

  /** Makes ready to play; fails where the browser cannot. */
  async open(): Promise<void> {
    this.#ready ??= this.#begin();
    await this.#ready;
  }

  /** The media track of a stream, made when it is first asked for; null until everything is ready. */
  media(stream: number): MediaStreamTrack | null {
    const known = this.#voices.get(stream);
    if (known) return known.media;
    if (!this.#context || this.#context.state === "closed") return null;
    const voice = new Voice(this.#context);
    this.#voices.set(stream, voice);
    return voice.media;
  }

  take(stream: number, timestamp: number, packet: Uint8Array): void {
    this.#voices.get(stream)?.take(timestamp, packet);
  }

  /** Only these go on. */
  keep(streams: readonly number[]): void {
    for (const [stream, voice] of this.#voices) {
      if (streams.includes(stream)) continue;
      voice.close();
      this.#voices.delete(stream);
    }
  }

  close(): void {
    this.keep([]);
    removeEventListener("pointerup", this.#resume);
    removeEventListener("keyup", this.#resume);
    void this.#context?.close();
    this.#context = null;
    this.#ready = null;
  }

  async #begin(): Promise<void> {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    await context.audioWorklet.addModule(playerUrl);
    this.#context = context;
    // A browser that wants a gesture before sound gets it with the next one, whatever it is.
    addEventListener("pointerup", this.#resume);
    addEventListener("keyup", this.#resume);
    this.#resume();
  }

  #resume = () => {
    if (this.#context?.state === "suspended") void this.#context.resume();
  };
}
