import { Backoff } from './backoff.js';
import type { Clock, Timing } from './clock.js';
import type { Leg } from './leg.js';
import type { Plan } from './policy.js';
import type { OpenOptions } from './transports/transport.js';

/** What the cover needs of the connection. */
export interface CoverHost {
  openCover(plan: Plan, more: Partial<OpenOptions>): Leg;
  /** Whether events are missing that a cover would bring. */
  needsCover(): boolean;
}

/**
 * The baseline: a poll that names no session, so that it ends nobody else's connection, and brings
 * events as long as nothing better is proven.
 */
export class Cover {
  readonly #host: CoverHost;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #leg: Leg | undefined;
  #timer: unknown;
  #answered: ((answered: boolean) => void) | undefined;

  constructor(host: CoverHost, clock: Clock, timing: Timing) {
    this.#host = host;
    this.#clock = clock;
    this.#backoff = new Backoff(timing.backoffMinMs, timing.backoffMaxMs, Math.random);
  }

  get isOpen(): boolean {
    return this.#leg !== undefined;
  }

  is(leg: Leg): boolean {
    return leg === this.#leg;
  }

  /** Opens it now; true when the first answer has come, false when that failed or was given up. */
  begin(): Promise<boolean> {
    this.stop();
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#open();
    });
  }

  /** Opens it in `ms` milliseconds, if it is needed then. */
  after(ms: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      if (!this.#leg && this.#host.needsCover()) this.#open();
    }, ms);
  }

  proven(): void {
    this.#backoff.reset();
    this.#settle(true);
  }

  /** It has ended by itself; it comes again after a while. */
  ended(): void {
    this.#leg = undefined;
    this.#settle(false);
    this.after(this.#backoff.next());
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#leg?.close();
    this.#leg = undefined;
    this.#settle(false);
  }

  #open(): void {
    this.#leg = this.#host.openCover({ transport: 'poll' }, { anonymous: true, durableOnly: true });
  }

  #settle(answered: boolean): void {
    this.#answered?.(answered);
    this.#answered = undefined;
  }
}
