// Cuts the microphone into frames of 20 ms at 48 kHz, each with its time.

const FRAME = 960;
const RATE = 48_000;

export interface Captured {
  /** Of the first sample, in 1/48,000 s. */
  at: number;
  samples: Float32Array;
}

class Microphone extends AudioWorkletProcessor {
  #frame = new Float32Array(FRAME);
  #filled = 0;
  /** Where the next sample lies between two of the input; browsers that capture at another rate. */
  #place = 0;
  #last = 0;
  #at = 0;

  process([input]: Float32Array[][]): boolean {
    const [samples] = input ?? [];
    if (!samples) return true;
    if (sampleRate === RATE) for (const sample of samples) this.#take(sample);
    else this.#resample(samples);
    return true;
  }

  /** Straight lines between the samples are good enough for speech. */
  #resample(samples: Float32Array): void {
    const step = sampleRate / RATE;
    for (const sample of samples) {
      for (; this.#place < 1; this.#place += step)
        this.#take(this.#last + (sample - this.#last) * this.#place);
      this.#place -= 1;
      this.#last = sample;
    }
  }

  #take(sample: number): void {
    if (this.#filled === 0) this.#at = Math.round((currentFrame * RATE) / sampleRate);
    this.#frame[this.#filled] = sample;
    this.#filled += 1;
    if (this.#filled < FRAME) return;
    const captured: Captured = { at: this.#at, samples: this.#frame };
    this.port.postMessage(captured, [this.#frame.buffer]);
    this.#frame = new Float32Array(FRAME);
    this.#filled = 0;
  }
}

registerProcessor("preau-microphone", Microphone);
