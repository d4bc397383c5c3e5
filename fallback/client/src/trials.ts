import type { Clock, Timing } from './clock.js';
import type { Leg } from './leg.js';
import type { End, Plan, Policy } from './policy.js';
import { kindOf } from './verdict.js';

/** What the trials need of the connection. */
export interface TrialHost {
  /** Opens a connection of its own session beside the present one. */
  openTrial(plan: Plan): Leg;
  /** Whether there is something to step up from, and somebody who looks at it. */
  mayTry(): boolean;
  /** A better transport has worked for the whole soak: go over to it. */
  stepUp(): void;
}

/**
 * Looks from time to time whether something better works in this network now. That happens beside the
 * working transport, which is never given up for a promise: a trial must be proven and then live through
 * the soak.
 */
export class Trials {
  readonly #policy: Policy;
  readonly #host: TrialHost;
  readonly #clock: Clock;
  readonly #timing: Timing;
  #leg: Leg | undefined;
  #rest: Plan[] = [];
  #timer: unknown;

  constructor(policy: Policy, host: TrialHost, clock: Clock, timing: Timing) {
    this.#policy = policy;
    this.#host = host;
    this.#clock = clock;
    this.#timing = timing;
  }

  /** The trial that works and brings durable events, if there is one. */
  get working(): Leg | undefined {
    return this.#leg?.proven ? this.#leg : undefined;
  }

  is(leg: Leg): boolean {
    return leg === this.#leg;
  }

  /** Sets the clock for the next one, if there is anything better than what is in use. */
  plan(): void {
    this.stop();
    const at = this.#policy.trialAt;
    if (at === undefined) return;
    this.#timer = this.#clock.setTimeout(() => this.#begin(), Math.max(0, at - this.#clock.now()));
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#leg?.close();
    this.#leg = undefined;
    this.#rest = [];
  }

  #begin(): void {
    if (this.#host.mayTry()) {
      this.#rest = this.#policy.trials();
      this.#next();
    } else {
      this.#later();
    }
  }

  #next(): void {
    const plan = this.#rest.shift();
    if (plan) this.#leg = this.#host.openTrial(plan);
    else this.#later();
  }

  #later(): void {
    this.#policy.trialsFailed(this.#clock.now());
    this.plan();
  }

  /** The trial has shown a round trip: now it must last. */
  proven(leg: Leg): void {
    this.#timer = this.#clock.setTimeout(() => this.won(leg), this.#timing.soakMs);
  }

  /** The trial is taken as it stands; it stays open until the connection has gone over. */
  won(leg: Leg): void {
    this.#clock.clearTimeout(this.#timer);
    this.#policy.trialWon(leg.plan);
    this.#host.stepUp();
  }

  ended(end: End): void {
    this.#clock.clearTimeout(this.#timer);
    this.#leg = undefined;
    if (kindOf(end.outcome) !== 'fault' || end.outcome.excused) {
      this.#later();
      return;
    }
    // The present transport works meanwhile, so this is no outage.
    if (this.#host.mayTry()) this.#policy.trialFailed(end.plan, this.#clock.now());
    this.#next();
  }
}
