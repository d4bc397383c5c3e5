import type { Clock, Timing } from './clock.js';
import { ProblemError } from './errors.js';
import type { Api } from './http.js';
import { problemOutcome } from './transports/transport.js';
import type { End, Policy, Verdict } from './policy.js';

/** What the control has shown. */
export interface Seen {
  /** The server is there: what does not work is this way to it. */
  reachable: boolean;
  /** This is another network than before. */
  moved: boolean;
  rttMs: number;
}

/** Tells an outage from a hostile network, and one network from another. */
export class Control {
  readonly #api: Api;
  readonly #policy: Policy;
  readonly #clock: Clock;
  readonly #timing: Timing;

  constructor(api: Api, policy: Policy, clock: Clock, timing: Timing) {
    this.#api = api;
    this.#policy = policy;
    this.#clock = clock;
    this.#timing = timing;
  }

  /** Asks. Takes `timing.controlMs` at most, and never throws. */
  async ask(): Promise<Seen> {
    const sentAt = this.#clock.now();
    try {
      const { network } = await this.#api.control(this.#timing.controlMs);
      const now = this.#clock.now();
      const moved = this.#policy.enter(network?.key ?? 'unknown', network?.advice, now);
      return { reachable: true, moved, rttMs: now - sentAt };
    } catch {
      return { reachable: false, moved: false, rttMs: 0 };
    }
  }

  /** What to do after the end of a connection that may be somebody's fault. */
  async decide(end: End, hidden: () => boolean): Promise<{ verdict: Verdict; seen?: Seen }> {
    const verdict = this.#policy.ended(end, hidden());
    if (verdict.do !== 'control') return { verdict };
    const seen = await this.ask();
    if (seen.reachable && end.plan.transport === 'websocket' && end.outcome.cause === 'refused') {
      const said = await this.#askWhy(end);
      const other = said ? this.#policy.ended(said, hidden()) : verdict;
      if (other.do !== 'control') return { verdict: other, seen };
    }
    return { verdict: this.#policy.judge(end, seen.reachable, this.#clock.now()), seen };
  }

  /**
   * A page is not told why a WebSocket was refused. A short poll of a new client is refused for the same
   * reasons, if they are the server's: the token, too many at once, a node that stops.
   */
  async #askWhy(end: End): Promise<End | undefined> {
    try {
      const body = { timeout: 0, events: 'durable' };
      await this.#api.request('POST', '/rt/v1/poll', { body, timeoutMs: this.#timing.controlMs, repeatable: true });
      return undefined;
    } catch (error) {
      if (!(error instanceof ProblemError)) return undefined;
      return { ...end, outcome: { cause: 'refused', ...problemOutcome(error) } };
    }
  }
}
