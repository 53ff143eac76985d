// The own microphone as Opus packets, for a page that cannot publish by a media connection.
import type { Captured } from "./microphone.worklet";
import microphoneUrl from "./microphone.worklet.ts?worker&url";

const RATE = 48_000;
const CONFIG: AudioEncoderConfig = {
  codec: "opus",
  sampleRate: RATE,
  numberOfChannels: 1,
  bitrate: 28_000,
  opus: { frameDuration: 20_000, usedtx: true },
};
/** Without the options that not every browser knows. */
const PLAIN: AudioEncoderConfig = { codec: "opus", sampleRate: RATE, numberOfChannels: 1, bitrate: 28_000 };

export class Microphone {
  #context: AudioContext | null = null;
  #encoder: AudioEncoder | null = null;
  #config = PLAIN;
  #silent = false;
  #closed = false;

  /** `send`: an Opus packet, and when it began, in 1/48,000 s. */
  constructor(private readonly send: (timestamp: number, packet: Uint8Array) => void) {}

  /** Begins to encode; fails where the browser cannot. */
  async open(media: MediaStreamTrack): Promise<void> {
    const supported = await AudioEncoder.isConfigSupported(CONFIG).catch(() => null);
    if (supported?.supported) this.#config = CONFIG;
    const stream = new MediaStream([media]);
    const { context, source } = connect(stream);
    await context.audioWorklet.addModule(microphoneUrl);
    if (this.#closed) {
      void context.close();
      return;
    }
    this.#context = context;
    const node = new AudioWorkletNode(context, "preau-microphone", { numberOfOutputs: 0, channelCount: 1 });
    node.port.onmessage = ({ data }: MessageEvent<Captured>) => this.#captured(data);
    source.connect(node);
    if (context.state === "suspended") void context.resume();
  }

  /** Nothing is sent while silent. */
  silence(silent: boolean): void {
    this.#silent = silent;
    if (silent) this.#forget();
  }

  close(): void {
    this.#closed = true;
    this.#forget();
    void this.#context?.close();
    this.#context = null;
  }

  #captured({ at, samples }: Captured): void {
    if (this.#silent || this.#closed) return;
    // Encoders count time from their first frame: after a silence another one begins.
    this.#encoder ??= this.#begin();
    const sound = new AudioData({
      format: "f32-planar",
      sampleRate: RATE,
      numberOfFrames: samples.length,
      numberOfChannels: 1,
      timestamp: Math.round((at * 1_000) / 48),
      data: samples as Float32Array<ArrayBuffer>,
    });
    this.#encoder.encode(sound);
    sound.close();
  }

  #begin(): AudioEncoder {
    const encoder = new AudioEncoder({
      output: (chunk) => {
        const packet = new Uint8Array(chunk.byteLength);
        chunk.copyTo(packet);
        if (encoder === this.#encoder) this.send(Math.round((chunk.timestamp * 48) / 1_000) >>> 0, packet);
      },
      error: () => {
        if (encoder === this.#encoder) this.#encoder = null;
      },
    });
    encoder.configure(this.#config);
    return encoder;
  }

  #forget(): void {
    const encoder = this.#encoder;
    this.#encoder = null;
    if (encoder && encoder.state !== "closed") encoder.close();
  }
}

/** At 48 kHz where the browser lets a microphone in at that rate, else at the rate of the device. */
function connect(stream: MediaStream) {
  let context = new AudioContext({ sampleRate: RATE });
  try {
    return { context, source: context.createMediaStreamSource(stream) };
  } catch {
    void context.close();
    context = new AudioContext();
    return { context, source: context.createMediaStreamSource(stream) };
  }
}
