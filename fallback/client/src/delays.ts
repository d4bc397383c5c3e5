import { deadline, type Clock } from './clock.js';
import { FirstPause, looksPerLag, type PauseHost, type PauseParts } from './first-pause.js';
import type { WireEvent } from './types.js';

const expectedMax = 100;

/**
 * Notices a stream that has fallen behind since it was proven, or that only looked good because other
 * events pushed its proof out: an own message that the server has acknowledged must come by the stream,
 * too; and who writes nothing looks at its first pause. While bytes come, more may be on its way.
 */
export class Delays {
  readonly #clock: Clock;
  readonly #lagMs: number;
  readonly #host: PauseHost;
  readonly #firstPause: FirstPause;
  readonly #expected = new Map<string, unknown>();

  constructor(parts: PauseParts, host: PauseHost) {
    this.#clock = parts.clock;
    this.#lagMs = parts.timing.lagMs;
    this.#host = host;
    this.#firstPause = new FirstPause(parts, host);
  }

  /** Events come by another connection from now on. */
  proven(isStream: boolean): void {
    if (isStream) this.#firstPause.await();
    else this.#firstPause.stop();
  }

  /** A message with this nonce was acknowledged, and has not come yet. */
  expect(nonce: string): void {
    if (this.#expected.size >= expectedMax) return;
    const look = (slept: boolean) => {
      this.#expected.delete(nonce);
      // After a sleep it may have come already, and wait to be read.
      if (!slept && this.#host.isQuiet(this.#lagMs)) this.#host.onLate();
      else this.#wait(nonce, look, this.#lagMs / looksPerLag);
    };
    this.#wait(nonce, look, this.#lagMs);
  }

  seen(event: WireEvent): void {
    const nonce = (event['data'] as { nonce?: string } | undefined)?.nonce;
    if (nonce === undefined) return;
    this.#clock.clearTimeout(this.#expected.get(nonce));
    this.#expected.delete(nonce);
  }

  stop(): void {
    this.#firstPause.stop();
    for (const timer of this.#expected.values()) this.#clock.clearTimeout(timer);
    this.#expected.clear();
  }

  #wait(nonce: string, look: (slept: boolean) => void, ms: number): void {
    this.#expected.set(nonce, deadline(this.#clock, ms, look));
  }
}
