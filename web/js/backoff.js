// How long to wait before trying again: exponential, with full jitter, so that many clients that
// lost the same server do not all come back at the same moment.

export class Backoff {
  #attempt = 0;

  constructor({ baseMs = 300, capMs = 15_000, random = Math.random } = {}) {
    this.baseMs = baseMs;
    this.capMs = capMs;
    this.random = random;
  }

  get attempt() {
    return this.#attempt;
  }

  /** The next wait in milliseconds: anything from 0 up to a ceiling that doubles each time. */
  next() {
    const ceiling = Math.min(this.capMs, this.baseMs * 2 ** Math.min(this.#attempt, 20));
    this.#attempt += 1;
    return Math.round(this.random() * ceiling);
  }

  reset() {
    this.#attempt = 0;
  }
}
