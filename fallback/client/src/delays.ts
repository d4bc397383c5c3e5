import type { Clock } from './clock.js';
import type { WireEvent } from './types.js';

const expectedMax = 100;

/**
 * Notices a stream that has fallen behind since it was proven, or that only looked good because other
 * events pushed its proof out: an own message that the server has acknowledged must come by the stream,
 * too. While bytes come, it may be on its way.
 */
export class Delays {
  readonly #clock: Clock;
  readonly #lagMs: number;
  readonly #isQuiet: (forMs: number) => boolean;
  readonly #onLate: () => void;
  readonly #expected = new Map<string, unknown>();

  /** `isQuiet`: whether nothing has come for so long. `onLate` is called when something should have. */
  constructor(clock: Clock, lagMs: number, isQuiet: (forMs: number) => boolean, onLate: () => void) {
    this.#clock = clock;
    this.#lagMs = lagMs;
    this.#isQuiet = isQuiet;
    this.#onLate = onLate;
  }

  /** A message with this nonce was acknowledged, and has not come yet. */
  expect(nonce: string): void {
    if (this.#expected.size >= expectedMax) return;
    const look = () => {
      this.#expected.delete(nonce);
      if (this.#isQuiet(this.#lagMs)) this.#onLate();
      else this.#wait(nonce, look);
    };
    this.#wait(nonce, look);
  }

  seen(event: WireEvent): void {
    const nonce = (event['data'] as { nonce?: string } | undefined)?.nonce;
    if (nonce === undefined) return;
    this.#clock.clearTimeout(this.#expected.get(nonce));
    this.#expected.delete(nonce);
  }

  stop(): void {
    for (const timer of this.#expected.values()) this.#clock.clearTimeout(timer);
    this.#expected.clear();
  }

  #wait(nonce: string, look: () => void): void {
    this.#expected.set(nonce, this.#clock.setTimeout(look, this.#lagMs));
  }
}
