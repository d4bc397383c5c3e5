import type { Clock, Timing } from './clock.js';
import type { Seen } from './control.js';
import type { End } from './policy.js';
import type { OpenOptions } from './transports/transport.js';

const eventsMax = 500; // of an answer; the server gives no more
const narrowForMs = 10 * 60_000; // then long answers are tried again

/** What is known of the way to the server: how long a round trip takes, and how long an answer may be. */
export class Way {
  readonly #clock: Clock;
  readonly #timing: Timing;
  #rttMs = 1_000; // until one was measured
  #events = eventsMax;
  #narrowedAt = 0;
  #isLost = false; // an answer; but perhaps there is no way at all

  constructor(clock: Clock, timing: Timing) {
    this.#clock = clock;
    this.#timing = timing;
  }

  /**
   * For the next connection. Where long packets get lost, each connection finds out anew how long they may be:
   * Linux (tcp_mtu_probing) comes down to 1,024 bytes in 6 s, to 512 in 13 s.
   */
  get options(): Pick<OpenOptions, 'proofMs' | 'pollLimit'> {
    const { proofMinMs, proofMaxMs } = this.#timing;
    if (this.#clock.now() - this.#narrowedAt >= narrowForMs) this.#events = eventsMax;
    const isNarrow = this.#events < eventsMax;
    const proofMs = isNarrow ? 2 * proofMaxMs : Math.min(proofMaxMs, Math.max(proofMinMs, this.#rttMs * 6));
    return { proofMs, pollLimit: this.#events };
  }

  /** A round trip has taken so long. */
  took(ms: number): void {
    this.#rttMs = ms;
  }

  /** What the control has shown. If its short answer has come, it was the length of the lost one. */
  seen({ reachable, moved, rttMs }: Seen): void {
    if (reachable) this.#rttMs = rttMs;
    if (reachable && this.#isLost) this.#narrow();
    this.#isLost = false;
    if (moved) this.#events = eventsMax;
  }

  /** Where answers are cut, or long ones lost, shorter ones may pass. */
  ended({ outcome: { cause, excused }, proven, plan }: End): void {
    if (cause === 'silent' && !excused && !proven && plan.transport === 'poll') this.#isLost = true;
    if (cause === 'cut') this.#narrow();
  }

  #narrow(): void {
    this.#events = Math.max(1, Math.floor(this.#events / 10));
    this.#narrowedAt = this.#clock.now();
  }
}
