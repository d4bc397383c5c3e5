import { deadline } from '../clock.js';
import type { Bye, WireEvent } from '../types.js';
import type { Outcome } from '../verdict.js';
import { Ending, excuse, parameters, refusalOf, type Handlers, type OpenOptions, type Transport } from './transport.js';

const graceMs = 15_000; // beyond the hold, before a poll counts as lost; never more than the watchdog's patience
const heartbeatDefault = 20; // seconds
const hurriedMs = 1_000; // an empty answer so soon was not held, whoever gave it: the next poll waits as long

interface Answer {
  session: string;
  cursor: string;
  events: WireEvent[];
  heartbeat_seconds?: number;
  poll_again_ms?: number;
  superseded?: boolean;
}

/**
 * Events by long poll: finished answers, which pass everything that passes HTTP at all. By POST, which no
 * proxy caches or sends twice. The first poll is a short one; its answer is the proof.
 */
export class PollTransport extends Ending implements Transport {
  readonly #abort = new AbortController();
  #answered = false;
  #heartbeat = heartbeatDefault;
  #pauseTimer: unknown;
  #endPause: (() => void) | undefined;

  constructor(options: OpenOptions, handlers: Handlers) {
    super(options, handlers);
    this.#run().catch(() => this.fail({ cause: this.#answered ? 'cut' : 'refused' }));
  }

  protected unprovenOutcome(): Outcome {
    return { cause: 'silent' };
  }

  protected release(): void {
    this.options.clock.clearTimeout(this.#pauseTimer);
    this.#endPause?.();
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    const { anonymous, timing, clock } = this.options;
    let { cursor, session } = this.options;
    let hold = 0;
    while (!this.over) {
      const { plan } = this.options;
      const first = hold === 0;
      const askedAt = clock.now();
      const wanted = parameters({
        ...this.options,
        plan: first ? plan : { transport: 'poll', ...(plan.heartbeat ? { heartbeat: plan.heartbeat } : {}) },
        cursor,
        session,
        // Without a cursor the first poll begins the session that others go on with, whole.
        durableOnly: this.options.durableOnly === true && cursor !== undefined,
      });
      const answer = await this.#poll({ ...wanted, timeout: hold, limit: this.options.pollLimit ?? 500 }, hold);
      if (!answer || this.over) return;
      this.handlers.activity();
      const bye = this.#hand(answer);
      if (this.over) return;
      // Only asking with the new cursor tells the server that these events have arrived.
      cursor = answer.cursor;
      if (!anonymous) session = answer.session;
      // What cuts a silent stream also cuts a poll that is held for so long.
      this.#heartbeat = answer.heartbeat_seconds || heartbeatDefault;
      hold = Math.min(timing.pollHoldSeconds, this.#heartbeat);
      if (first) this.prove(clock.now() - this.startedAt);
      if (answer.superseded) this.fail({ cause: 'closed', closeCode: 4009 });
      else if (bye) this.fail({ cause: 'closed', bye });
      const isHurried = !first && answer.events.length === 0 && clock.now() - askedAt < hurriedMs;
      const pauseMs = answer.poll_again_ms || (isHurried ? hurriedMs : 0);
      if (pauseMs && !this.over) await this.#pause(pauseMs);
    }
  }

  /** Hands everything over; the server's bye, if it is among it. */
  #hand(answer: Answer): Bye | undefined {
    let bye: Bye | undefined;
    for (const event of answer.events) {
      if (event.type === 'bye') bye = event as unknown as Bye;
      else this.handlers.event(event);
      if (this.over) return bye;
    }
    this.handlers.cursor(answer.cursor);
    return bye;
  }

  /** One poll; undefined if it was refused (and then this is over). Throws if it was lost. */
  async #poll(body: Record<string, unknown>, hold: number): Promise<Answer | undefined> {
    const { api, clock, timing } = this.options;
    this.#answered = false;
    const patienceMs = Math.min(hold * 1000 + graceMs, this.#heartbeat * 1000 * timing.watchdogHeartbeats);
    const timer = deadline(clock, patienceMs, (slept) => this.fail({ cause: 'silent', ...excuse(slept) }));
    try {
      const response = await api.twice('/rt/v1/poll', {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal: this.#abort.signal,
      });
      this.#answered = true;
      if (response.ok) {
        const answer = (await response.json()) as Partial<Answer> | null;
        if (typeof answer?.cursor === 'string' && Array.isArray(answer.events)) return answer as Answer;
        this.fail({ cause: 'refused' }); // somebody else's page
        return undefined;
      }
      this.fail(await refusalOf(response));
      return undefined;
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#endPause = resolve;
      this.#pauseTimer = this.options.clock.setTimeout(resolve, ms);
    });
  }
}
