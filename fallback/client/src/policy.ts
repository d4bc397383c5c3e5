import { Backoff } from './backoff.js';
import type { Timing } from './clock.js';
import type { NetworkMemory, Tuning } from './memory.js';
import type { Advice, TransportId } from './types.js';
import { kindOf, type Cause, type Outcome } from './verdict.js';

/** What to open next, and how. */
export interface Plan extends Tuning {
  transport: TransportId;
  fellBackFrom?: TransportId;
  reason?: Cause;
}

/** The end of a connection, as the policy wants to know it. */
export interface End {
  plan: Plan;
  outcome: Outcome;
  /** Whether a round trip had shown that it works. */
  proven: boolean;
  /** Seconds between heartbeats, as the server granted them; absent if it never said. */
  heartbeat?: number | undefined;
  /** Milliseconds since it was opened. */
  livedMs: number;
  /** Whether it brought anything but the server's own words. */
  delivered: boolean;
}

/** What to do now. `control`: ask whether the server is there at all, then `judge`. */
export type Verdict =
  | { do: 'end'; code: 'unauthorized' | 'forbidden' }
  | { do: 'control' }
  | { do: 'open' }
  | { do: 'wait'; ms: number; why: 'lost' | 'restarting' | 'busy' | 'outage' | 'blocked' };

const minute = 60_000;
const restartSpreadMs = 3_000; // when the server does not say when to come back
const heartbeats = [20, 15, 10]; // seconds; asked for shorter ones where silence was seen
const paddings = [2_048, 16_384]; // what preview scanners and hold-until-N proxies were measured to need
const lifeMinMs = 10_000; // cut younger than that is not a proxy's limit on life
const lifeMaxKnown = 3;

/**
 * The client's judgement: which transport, and what now. A pure state machine: it is told what
 * happened and when, and does nothing itself. NETWORKS.md has measured why each rule is there.
 */
export class Policy {
  readonly backoff: Backoff;
  #order: readonly TransportId[];
  readonly #memory: NetworkMemory;
  readonly #timing: Timing;
  readonly #random: () => number;

  #network = 'unknown';
  #rank = 0;
  #tuning: Tuning = {};
  #fell: { from: TransportId; reason: Cause } | undefined;
  #recent: { at: number; what: 'silent' | 'useless' | 'short' }[] = [];
  #lives: number[] = [];
  #trial = 0;
  #trialAt: number | undefined;
  #wasThere = true; // the server, when last looked for

  /** `order` is what may be used, best first; it is not empty. */
  constructor(order: readonly TransportId[], memory: NetworkMemory, timing: Timing, random: () => number) {
    this.#order = order;
    this.#memory = memory;
    this.#timing = timing;
    this.#random = random;
    this.backoff = new Backoff(timing.backoffMinMs, timing.backoffMaxMs, random);
  }

  get network(): string {
    return this.#network;
  }

  /** What is in the way of something better, if anything is. */
  get fell(): { from: TransportId; reason: Cause } | undefined {
    return this.#rank > 0 ? this.#fell : undefined;
  }

  /** The client is in this network now. True if that is another one than before. */
  enter(network: string, advice: Advice | undefined, now: number): boolean {
    if (network === this.#network) return false;
    this.#network = network;
    this.#recent = [];
    this.#lives = [];
    this.#fell = undefined;
    this.#trial = 0;
    this.#trialAt = undefined;
    const worked = this.#memory.worked(network, now);
    const { heartbeat, maxLife, padding, flush } = worked ?? {};
    this.#tuning = tuningOf({ heartbeat, maxLife, padding, flush });
    this.#rank = this.#best(now);
    if (advice && this.#memory.isUnknown(network, now)) this.#follow(advice);
    return true;
  }

  #follow(advice: Advice): void {
    const rank = this.#order.indexOf(advice.transport ?? ('none' as TransportId));
    if (rank >= 0) this.#rank = rank;
    this.#tuning = tuningOf({
      heartbeat: advice.heartbeat_seconds,
      maxLife: advice.max_life_seconds,
      padding: advice.padding || undefined,
      flush: undefined,
    });
  }

  /** What may be used from now on, best first; not empty. Begins with the best that is not known to fail here. */
  allow(order: readonly TransportId[], now: number): void {
    this.#order = order;
    this.#fell = undefined;
    this.#rank = this.#best(now);
    if (this.#rank > 0 && this.#trialAt === undefined) this.#planTrial(now);
  }

  /** The first that is not demoted here; the last one is never. */
  #best(now: number): number {
    const rank = this.#order.findIndex((id) => !this.#memory.isDemoted(this.#network, id, now));
    return rank < 0 ? this.#order.length - 1 : rank;
  }

  /** What to open now. */
  plan(): Plan {
    const plan: Plan = this.#planOf(this.#rank);
    if (this.#fell) {
      plan.fellBackFrom = this.#fell.from;
      plan.reason = this.#fell.reason;
    }
    return plan;
  }

  #planOf(rank: number): Plan {
    const transport = this.#order[rank] ?? 'poll';
    const { padding, flush, ...common } = this.#tuning;
    return transport === 'sse' ? { transport, ...this.#tuning } : { transport, ...common };
  }

  /** A round trip over this plan has worked. */
  proven(plan: Plan, now: number): void {
    this.#wasThere = true;
    const { heartbeat, maxLife, padding, flush } = plan;
    this.#memory.succeed(this.#network, plan.transport, tuningOf({ heartbeat, maxLife, padding, flush }), now);
    this.#rank = Math.max(0, this.#order.indexOf(plan.transport));
    if (this.#rank > 0 && this.#trialAt === undefined) this.#planTrial(now);
  }

  // ---- ends

  /** A connection has ended. `hidden`: nobody looks at the page, which may be asleep: then nothing is to blame. */
  ended(end: End, hidden: boolean): Verdict {
    if (end.proven && end.livedMs >= this.#timing.usefulMs) this.backoff.reset();
    const { outcome } = end;
    const kind = kindOf(outcome);
    const asked = outcome.bye?.reconnect_in_ms ?? outcome.retryInMs ?? 0;
    if (kind === 'unauthorized' || kind === 'forbidden') return { do: 'end', code: kind };
    if (kind === 'busy') return { do: 'wait', ms: Math.max(this.backoff.next(), asked), why: 'busy' };
    if (kind === 'fault') {
      return hidden ? { do: 'wait', ms: this.backoff.next(), why: 'lost' } : { do: 'control' };
    }
    const code = outcome.bye?.code;
    if (code === 'max_life' || code === 'once') return { do: 'open' };
    const said = outcome.bye?.reconnect_in_ms;
    if (code === 'restart' || outcome.closeCode === 1012) {
      const ms = said ?? Math.round(this.#random() * restartSpreadMs);
      this.#wasThere = false;
      return { do: 'wait', ms, why: 'restarting' };
    }
    return { do: 'wait', ms: Math.max(this.backoff.next(), asked), why: 'lost' };
  }

  /** After `control`: whether the server was reachable in the same window. */
  judge(end: End, reachable: boolean, now: number): Verdict {
    const wasThere = this.#wasThere;
    this.#wasThere = reachable;
    if (!reachable) return { do: 'wait', ms: this.backoff.next(), why: 'outage' };
    if (end.outcome.excused) return { do: 'open' };
    // If it has only just come back, it may not have been there yet for what failed.
    if (!wasThere || end.outcome.cause === 'gap') return { do: 'wait', ms: this.backoff.next(), why: 'lost' };
    // Other events may have pushed the proof out; what is behind is of no use, proven or not.
    if (!end.proven || end.outcome.cause === 'behind') return this.#fail(end.plan, end.outcome.cause, now);
    const cause = this.#blame(end, now);
    if (cause) return this.#fail(end.plan, cause, now);
    return { do: 'wait', ms: this.backoff.next(), why: 'lost' };
  }

  /** Whether what has worked is to be given up on, and for what. */
  #blame(end: End, now: number): Cause | undefined {
    if (end.outcome.cause === 'silent') {
      const heartbeat = end.heartbeat ?? this.#tuning.heartbeat ?? 20;
      const shorter = heartbeats.find((seconds) => seconds < heartbeat);
      if (shorter !== undefined) this.#tuning = { ...this.#tuning, heartbeat: shorter };
      return this.#count('silent', 2, 10 * minute, now) ? 'silent' : undefined;
    }
    if (this.#learnLife(end.livedMs)) return undefined;
    if (!end.delivered) return this.#count('useless', 2, 2 * minute, now) ? 'closed' : undefined;
    if (end.livedMs >= this.#timing.usefulMs) return undefined;
    return this.#count('short', 3, 2 * minute, now) ? 'cut' : undefined;
  }

  /** Whether this is the n-th time within so many milliseconds. */
  #count(what: 'silent' | 'useless' | 'short', times: number, withinMs: number, now: number): boolean {
    this.#recent.push({ at: now, what });
    this.#recent = this.#recent.filter(({ at }) => now - at <= 10 * minute);
    return this.#recent.filter((one) => one.what === what && now - one.at <= withinMs).length >= times;
  }

  /** Cut three times at the same age: something limits how long a connection may live. Leave before it does. */
  #learnLife(livedMs: number): boolean {
    if (livedMs < lifeMinMs) return false;
    this.#lives = [...this.#lives, livedMs].slice(-lifeMaxKnown);
    const shortest = Math.min(...this.#lives);
    if (this.#lives.length < lifeMaxKnown || Math.max(...this.#lives) > shortest * 1.1) return false;
    this.#tuning = { ...this.#tuning, maxLife: Math.floor((shortest * 0.8) / 1000) };
    this.#lives = [];
    this.#recent = [];
    return true;
  }

  /** This plan does not work here: another way of the same transport, or the next one. */
  #fail(plan: Plan, cause: Cause, now: number): Verdict {
    const other = plan.transport === 'sse' ? otherSse(plan, cause) : undefined;
    if (other) {
      this.#tuning = { ...this.#tuning, ...other };
      return { do: 'open' };
    }
    this.#demote(plan.transport, cause, now);
    this.#recent = [];
    const next = this.#order.indexOf(plan.transport) + 1;
    if (next < this.#order.length) {
      this.#rank = next;
      return { do: 'open' };
    }
    // Nothing works, though the server is there. From the top again, slowly.
    this.#rank = 0;
    return { do: 'wait', ms: this.backoff.next(), why: 'blocked' };
  }

  #demote(transport: TransportId, cause: Cause, now: number): void {
    if (transport === 'sse') this.#tuning = tuningOf({ ...this.#tuning, padding: undefined, flush: undefined });
    this.#fell = { from: transport, reason: cause };
    // There is nothing below the last one, so it is no use to avoid it.
    if (transport !== this.#order.at(-1)) this.#memory.demote(this.#network, transport, now);
    this.#trialAt = undefined; // planned when something below works
  }

  // ---- up again

  /** When to look whether something better works, if there is anything better. */
  get trialAt(): number | undefined {
    return this.#rank > 0 ? this.#trialAt : undefined;
  }

  /** What to try beside the present transport, best first. */
  trials(): Plan[] {
    return this.#order.slice(0, this.#rank).map((_, rank) => this.#planOf(rank));
  }

  /** None of the trials has worked, or it is not known: later again, and more seldom. */
  trialsFailed(now: number): void {
    this.#planTrial(now);
  }

  /** This one still does not work here. */
  trialFailed(plan: Plan, now: number): void {
    this.#memory.demote(this.#network, plan.transport, now);
  }

  /** This one has worked for a while beside the present one: `plan` names it from now on. */
  trialWon(plan: Plan): void {
    this.#rank = this.#order.indexOf(plan.transport);
    this.#fell = undefined;
  }

  /** The step is not taken back when a trial was won: who falls again climbs more slowly. */
  #planTrial(now: number): void {
    const steps = this.#timing.trialsMs;
    const step = steps[Math.min(this.#trial, steps.length - 1)] ?? 60 * minute;
    const repeats = this.#trial >= steps.length - 1;
    this.#trial += 1;
    this.#trialAt = now + (repeats ? step * (0.7 + 0.6 * this.#random()) : step);
  }
}

/** Another way to ask for SSE, if what went wrong calls for one that was not tried yet. */
function otherSse(plan: Plan, cause: Cause): Tuning | undefined {
  if (cause === 'behind') return plan.flush ? undefined : { flush: true };
  if (cause !== 'held' && cause !== 'silent') return undefined;
  const padding = paddings.find((bytes) => bytes > (plan.padding ?? 0));
  return padding === undefined ? undefined : { padding };
}

function tuningOf(tuning: { [Name in keyof Tuning]: Tuning[Name] | undefined }): Tuning {
  return Object.fromEntries(Object.entries(tuning).filter(([, value]) => value !== undefined)) as Tuning;
}
