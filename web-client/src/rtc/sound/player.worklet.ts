// Plays one stream: samples come by messages, and leave when they are due.
import { JitterBuffer } from "./jitter";

export interface Arrived {
  samples: Float32Array;
  afterPause: boolean;
}

class Player extends AudioWorkletProcessor {
  #jitter = new JitterBuffer();
  #ended = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<Arrived | null>) => {
      if (data) this.#jitter.push(data.samples, data.afterPause);
      else this.#ended = true;
    };
  }

  process(_: Float32Array[][], [output]: Float32Array[][]): boolean {
    const [first, ...others] = output ?? [];
    if (first) this.#jitter.pull(first);
    for (const other of others) if (first) other.set(first);
    return !this.#ended;
  }
}

registerProcessor("preau-player", Player);
