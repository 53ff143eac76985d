/**
 * One negotiation at a time. Wishes that come while one runs are merged into a single next round, which sees the
 * state of that moment; an offer therefore never crosses another.
 */
export class Turns {
  #running = false;
  #again = false;
  #closed = false;

  constructor(private readonly round: () => Promise<void>) {}

  /** Asks for a round; resolves nothing, because the round that serves the wish may already serve others. */
  want(): void {
    if (this.#closed) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    do {
      this.#again = false;
      try {
        await this.round();
      } catch {
        // A round that fails is the business of the round; the next wish gets its own.
      }
    } while (this.#again && !this.#closed);
    this.#running = false;
  }
}
