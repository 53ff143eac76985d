// Evens out what a network delivers in fits and starts. Runs inside the audio worklet: no allocation but at arrival.

/** Samples in a millisecond. */
const MS = 48;
/** What is gathered before a voice begins, and what that may grow to on a bad network. */
const LEAST = 60 * MS;
const MOST = 300 * MS;
const STEP = 40 * MS;
/** Gathered beyond what is wanted: above that the oldest is skipped, for late sound is worse than a gap. */
const SLACK = 160 * MS;
/** After so long without a hiccup, less is gathered. */
const CALM = 10_000 * MS;
/** A word shorter than what is gathered is played all the same, after that. */
const ENOUGH = 400 * MS;

export class JitterBuffer {
  #waiting: Float32Array[] = [];
  /** Samples of the first one that were played. */
  #played = 0;
  #buffered = 0;
  #wanted = LEAST;
  #playing = false;
  #calm = 0;
  #waited = 0;

  /** Samples that wait. */
  get buffered(): number {
    return this.#buffered;
  }

  /** `afterPause`: the speaker was silent before, nothing is missing. */
  push(samples: Float32Array, afterPause: boolean): void {
    // What looked like a hiccup was the end of a sentence.
    if (afterPause && !this.#playing) this.#wanted = Math.max(LEAST, this.#wanted - STEP);
    this.#waiting.push(samples);
    this.#buffered += samples.length;
    if (this.#buffered > this.#wanted + SLACK) while (this.#buffered > this.#wanted) this.#skip();
  }

  /** Fills `out` with what is due, silence when nothing is. */
  pull(out: Float32Array): void {
    if (!this.#playing) {
      this.#waited = this.#buffered > 0 ? this.#waited + out.length : 0;
      this.#playing = this.#buffered >= this.#wanted || this.#waited > ENOUGH;
    }
    let filled = 0;
    if (this.#playing) {
      filled = this.#take(out);
      this.#calm += out.length;
      if (filled < out.length) this.#starve();
      else if (this.#calm > CALM) {
        this.#calm = 0;
        this.#wanted = Math.max(LEAST, this.#wanted - STEP);
      }
    }
    out.fill(0, filled);
  }

  #take(out: Float32Array): number {
    let filled = 0;
    for (let first = this.#waiting[0]; first && filled < out.length; first = this.#waiting[0]) {
      const part = first.subarray(this.#played, this.#played + out.length - filled);
      out.set(part, filled);
      filled += part.length;
      this.#played += part.length;
      this.#buffered -= part.length;
      if (this.#played < first.length) break;
      this.#waiting.shift();
      this.#played = 0;
    }
    return filled;
  }

  #starve(): void {
    this.#playing = false;
    this.#waited = 0;
    this.#calm = 0;
    this.#wanted = Math.min(MOST, this.#wanted + STEP);
  }

  #skip(): void {
    const first = this.#waiting.shift();
    this.#buffered -= (first?.length ?? 0) - this.#played;
    this.#played = 0;
  }
}
