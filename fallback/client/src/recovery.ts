import type { Clock } from './clock.js';
import type { Control, Seen } from './control.js';
import type { End, Policy, Verdict } from './policy.js';
import type { Status } from './status.js';

/** What recovering needs of the connection. */
export interface RecoveryHost {
  isHidden(): boolean;
  /** Whether something was opened meanwhile: then there is nothing to recover from. */
  isTrying(): boolean;
  /** Opens what the policy wants now. */
  open(): void;
  finish(code: 'unauthorized' | 'forbidden'): void;
  /** The server cannot be reached at all. */
  outage(): void;
  waiting(ms: number, why: NonNullable<Status['why']>): void;
  /** What the control has shown, in passing. */
  seen(seen: Seen): void;
}

/** After the end of a connection: asks the policy what now, and does it. */
export class Recovery {
  readonly #control: Control;
  readonly #policy: Policy;
  readonly #clock: Clock;
  readonly #host: RecoveryHost;
  #life = 0; // what was asked in an earlier one is not heard
  #timer: unknown;
  #why: Status['why']; // what is waited for

  constructor(control: Control, policy: Policy, clock: Clock, host: RecoveryHost) {
    this.#control = control;
    this.#policy = policy;
    this.#clock = clock;
    this.#host = host;
  }

  /** Whether nothing is opened for now, though the server is there. */
  get hesitates(): boolean {
    return this.#why === 'lost' || this.#why === 'blocked';
  }

  /** What was planned is off. */
  stop(): void {
    this.#life += 1;
    this.stopWaiting();
  }

  /** Something is opened now: nothing is waited for any more. */
  stopWaiting(): void {
    this.#why = undefined;
    this.#clock.clearTimeout(this.#timer);
  }

  /** Looks whether the server is there, and in which network this is. */
  async look(): Promise<boolean> {
    const life = this.#life;
    const seen = await this.#control.ask();
    if (life === this.#life) this.#host.seen(seen);
    return seen.reachable;
  }

  /** The connection that events came by, or the attempt at one, has ended. */
  async lost(end: End): Promise<void> {
    const life = this.#life;
    const { verdict, seen } = await this.#control.decide(end, () => this.#host.isHidden());
    if (life !== this.#life || this.#host.isTrying()) return;
    if (seen) this.#host.seen(seen);
    if (!this.#host.isTrying()) this.#obey(verdict);
  }

  /** Nothing has answered at all. */
  unreachable(): void {
    this.#obey({ do: 'wait', ms: this.#policy.backoff.next(), why: 'outage' });
  }

  #obey(verdict: Verdict): void {
    if (verdict.do === 'end') this.#host.finish(verdict.code);
    else if (verdict.do === 'open') this.#host.open();
    else if (verdict.do === 'wait') this.#wait(verdict.ms, verdict.why);
  }

  #wait(ms: number, why: NonNullable<Status['why']>): void {
    if (why === 'outage') this.#host.outage();
    this.#clock.clearTimeout(this.#timer);
    this.#why = why;
    this.#host.waiting(ms, why);
    this.#timer = this.#clock.setTimeout(() => this.#host.open(), ms);
  }
}
