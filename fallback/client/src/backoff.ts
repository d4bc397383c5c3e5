/**
 * How long to wait before trying again: exponential, with full jitter, so that many clients that
 * lost the same server do not all come back at the same moment. Waits are in milliseconds.
 */
export class Backoff {
  #attempt = 0;
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;

  constructor(minMs: number, maxMs: number, random: () => number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** How many waits there have been since the last reset. */
  get attempt(): number {
    return this.#attempt;
  }

  /** The next wait: anything from 0 up to a ceiling that doubles each time. */
  next(): number {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#attempt, 20));
    this.#attempt += 1;
    return Math.round(this.#random() * ceiling);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
