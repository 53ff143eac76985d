/** The master clock of the replay: runs where no media exists, every element follows it. Times in milliseconds. */
export class PlayClock {
  #position = 0;
  #since = 0;
  #running = false;
  #held = false;
  #speed = 1;

  constructor(private readonly end: number) {}

  get speed(): number {
    return this.#speed;
  }

  /** True when it was told to run, even if media make it wait. */
  get running(): boolean {
    return this.#running;
  }

  /** True while media make it wait. */
  get held(): boolean {
    return this.#held;
  }

  position(now: number): number {
    if (!this.#running || this.#held) return this.#position;
    return Math.min(this.#position + (now - this.#since) * this.#speed, this.end);
  }

  run(now: number): void {
    this.#settle(now);
    this.#running = true;
  }

  stop(now: number): void {
    this.#settle(now);
    this.#running = false;
  }

  hold(now: number, held: boolean): void {
    this.#settle(now);
    this.#held = held;
  }

  seek(position: number, now: number): void {
    this.#position = Math.min(Math.max(position, 0), this.end);
    this.#since = now;
  }

  setSpeed(speed: number, now: number): void {
    this.#settle(now);
    this.#speed = speed;
  }

  #settle(now: number): void {
    this.#position = this.position(now);
    this.#since = now;
  }
}
