import { deadline } from './clock.js';
import { NetworkError } from './errors.js';
import type { Bye, Hello, WireEvent } from './types.js';
import type { Place } from './sequence.js';
import type { End, Plan } from './policy.js';
import type { Outcome } from './verdict.js';
import { excuse, type Handlers, type OpenOptions, type Transport } from './transports/transport.js';

const byeGraceMs = 1_000;
const lifeMinMs = 8_000; // advice may be a lie
const defaultHeartbeatSeconds = 20;

/** What a leg tells the connection it is part of. */
export interface LegHandlers {
  hello(leg: Leg, hello: Hello): void;
  /** Any event but hello, heartbeat, probe and bye. */
  event(leg: Leg, event: WireEvent): void;
  cursor(leg: Leg, cursor: string): void;
  proven(leg: Leg, ms: number): void;
  ended(leg: Leg, end: End): void;
  /** It works, but it will be cut at about this age: time for the next one. */
  old(leg: Leg): void;
}

/**
 * One connection with a watch kept over it: silence of 2.5 heartbeats, a heartbeat that tells of an event
 * that never came, a bye after which nobody closes, an age at which it would be cut.
 */
export class Leg {
  readonly plan: Plan;
  readonly place: Place;
  readonly transport: Transport;
  proven = false;
  over = false;
  hello: Hello | undefined;

  readonly #options: OpenOptions;
  readonly #handlers: LegHandlers;
  readonly #openedAt: number;
  #heardAt: number;
  #delivered = false;
  #lastDurable: string | undefined;
  #bye: Bye | undefined;
  #watch: unknown;
  #byeTimer: unknown;
  #oldTimer: unknown;

  constructor(
    open: (options: OpenOptions, handlers: Handlers) => Transport,
    options: OpenOptions,
    place: Place,
    handlers: LegHandlers,
  ) {
    this.plan = options.plan;
    this.place = place;
    this.#options = options;
    this.#handlers = handlers;
    this.#openedAt = this.#heardAt = options.clock.now();
    this.transport = open(options, {
      event: (event) => this.#receive(event),
      activity: () => {
        this.#heardAt = options.clock.now();
      },
      cursor: (cursor) => this.over || handlers.cursor(this, cursor),
      proven: (ms) => this.#prove(ms),
      ended: (outcome) => this.#end(outcome),
    });
  }

  /** Ends it without a word to anybody. */
  close(): void {
    if (this.over) return;
    this.over = true;
    const { clock } = this.#options;
    for (const timer of [this.#watch, this.#byeTimer, this.#oldTimer]) clock.clearTimeout(timer);
    this.transport.close();
  }

  /** Something on it cannot be right: it ends as if it had failed by itself. */
  giveUp(outcome: Outcome): void {
    this.#end(outcome);
  }

  /** Whether no byte has come for so long. */
  isQuiet(forMs: number): boolean {
    return this.#options.clock.now() - this.#heardAt >= forMs;
  }

  /** A round trip over this very connection, in milliseconds; without one in time it has failed. */
  async check(): Promise<number | undefined> {
    const { clock, timing } = this.#options;
    const timer = clock.setTimeout(() => this.#end({ cause: 'silent', excused: true }), timing.checkMs);
    const sentAt = clock.now();
    try {
      await this.transport.command?.({ op: 'ping' });
    } catch (error) {
      if (error instanceof NetworkError) return undefined; // it has ended, or the timer says so
    }
    clock.clearTimeout(timer);
    return clock.now() - sentAt;
  }

  #receive(event: WireEvent): void {
    if (this.over) return;
    switch (event.type) {
      case 'hello':
        this.hello = event as unknown as Hello;
        this.#handlers.hello(this, this.hello);
        return;
      case 'heartbeat':
        this.#compare(event['head']);
        return;
      case 'probe':
        return;
      case 'bye':
        this.#leave(event as unknown as Bye);
        return;
      default:
        this.#delivered = true;
        if (event.cursor) this.#lastDurable = event.cursor;
        this.#handlers.event(this, event);
    }
  }

  /** `head` is the last durable event that was sent here: if it did not come, something got lost. */
  #compare(head: unknown): void {
    if (typeof head !== 'string' || head === '') return;
    const here = this.#lastDurable === undefined ? [this.hello?.cursor, this.#options.cursor] : [this.#lastDurable];
    if (!here.includes(head)) this.#end({ cause: 'gap' });
  }

  /** The server closes next, and says more by how it does; but it is not waited for long. */
  #leave(bye: Bye): void {
    this.#bye = bye;
    const { clock } = this.#options;
    this.#byeTimer = clock.setTimeout(() => this.#end({ cause: 'closed' }), byeGraceMs);
  }

  #prove(ms: number): void {
    if (this.over) return;
    this.proven = true;
    const { clock, plan } = this.#options;
    if (plan.maxLife) {
      this.#oldTimer = clock.setTimeout(() => this.#handlers.old(this), Math.max(lifeMinMs, plan.maxLife * 1000));
    }
    if (plan.transport !== 'poll') this.#watchOver(); // a poll has its own deadline
    this.#handlers.proven(this, ms);
  }

  #watchOver(): void {
    if (this.over) return;
    const { clock, timing } = this.#options;
    const heartbeat = this.hello?.heartbeat_seconds ?? defaultHeartbeatSeconds;
    const patienceMs = heartbeat * 1000 * timing.watchdogHeartbeats;
    this.#heardAt = Math.min(this.#heardAt, clock.now()); // the clock may have been set back
    const leftMs = this.#heardAt + patienceMs - clock.now();
    this.#watch = deadline(clock, leftMs, (slept) => {
      if (clock.now() - this.#heardAt < patienceMs) this.#watchOver();
      else this.#end({ cause: 'silent', ...excuse(slept) });
    });
  }

  #end(outcome: Outcome): void {
    if (this.over) return;
    const livedMs = this.#options.clock.now() - this.#openedAt;
    this.close();
    const bye = outcome.bye ?? this.#bye;
    const full = bye ? { ...outcome, bye } : outcome;
    // The server has waited ten seconds for a proof that this side believes to have given.
    const proven = this.proven && bye?.code !== 'unproven';
    const cause = bye?.code === 'unproven' ? 'one_way' : full.cause;
    this.#handlers.ended(this, {
      plan: this.plan,
      outcome: { ...full, cause },
      proven,
      heartbeat: this.hello?.heartbeat_seconds,
      livedMs,
      delivered: this.#delivered,
    });
  }
}
