import { deadline, type Clock, type Timing } from '../clock.js';
import type { ProblemError } from '../errors.js';
import { problemOf, retryAfterMs, type Api } from '../http.js';
import type { Plan } from '../policy.js';
import type { WireEvent } from '../types.js';
import type { Outcome } from '../verdict.js';

/** How a connection is to be opened. */
export interface OpenOptions {
  api: Api;
  clock: Clock;
  timing: Timing;
  plan: Plan;
  /** Milliseconds within which a round trip must have been shown. */
  proofMs: number;
  cursor?: string | undefined;
  /** To go on with that session; without it a new one begins. */
  session?: string | undefined;
  /** Only these rooms; all of the user's if absent. */
  rooms?: readonly string[] | undefined;
  /** No typing and presence: for connections beside the one that brings them. */
  durableOnly?: boolean;
  /** Poll: never name the session, so that no poll ends another connection. */
  anonymous?: boolean;
  /** Poll: events per answer; fewer where long answers are cut. */
  pollLimit?: number;
}

/** What a transport says. After `ended`, or after it was closed, it says nothing any more. */
export interface Handlers {
  /** Each event in order, hello first (a poll that goes on from a cursor has none). */
  event(event: WireEvent): void;
  /** Bytes have come. */
  activity(): void;
  /** Everything up to this cursor has been handed over. */
  cursor(cursor: string): void;
  /** A round trip of `ms` milliseconds has shown that both directions work. Once. */
  proven(ms: number): void;
  /** It is over. Once. */
  ended(outcome: Outcome): void;
}

/** One connection, under way from the moment it is made. */
export interface Transport {
  /** Ends it without a word. */
  close(): void;
  /** A command over this very connection, if it takes any. Rejects with ProblemError or NetworkError. */
  command?(command: Record<string, unknown>): Promise<unknown>;
}

/** What all transports have in common: they end once, and then say nothing any more. */
export abstract class Ending {
  protected readonly options: OpenOptions;
  protected readonly handlers: Handlers;
  protected over = false;
  protected readonly startedAt: number;
  #proofTimer: unknown;

  constructor(options: OpenOptions, handlers: Handlers) {
    this.options = options;
    this.handlers = handlers;
    this.startedAt = options.clock.now();
    this.awaitProof();
  }

  /** Sets the clock for the next step of the proof: what came late so far does not count against it. */
  protected awaitProof(): void {
    const { clock, proofMs } = this.options;
    clock.clearTimeout(this.#proofTimer);
    this.#proofTimer = deadline(clock, proofMs, (slept) => this.fail({ ...this.unprovenOutcome(), ...excuse(slept) }));
  }

  /** What to say if the proof has not come in time. */
  protected abstract unprovenOutcome(): Outcome;
  /** Lets go of sockets and timers. */
  protected abstract release(): void;

  protected prove(ms: number): void {
    this.options.clock.clearTimeout(this.#proofTimer);
    if (!this.over) this.handlers.proven(ms);
  }

  protected fail(outcome: Outcome): void {
    if (this.over) return;
    this.close();
    this.handlers.ended(outcome);
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.options.clock.clearTimeout(this.#proofTimer);
    this.release();
  }
}

/** For the end of what this machine has slept through. */
export function excuse(slept: boolean): Partial<Outcome> {
  return slept ? { excused: true } : {};
}

/** The parameters that every realtime endpoint takes alike. */
export function parameters(options: OpenOptions): Record<string, string | number> {
  const { plan, cursor, session, rooms, durableOnly } = options;
  return {
    ...(cursor ? { cursor } : {}),
    ...(session ? { session } : {}),
    ...(rooms ? { rooms: rooms.join(',') } : {}),
    ...(durableOnly ? { events: 'durable' } : {}),
    ...(plan.heartbeat ? { heartbeat: plan.heartbeat } : {}),
    ...(plan.fellBackFrom ? { fell_back_from: plan.fellBackFrom } : {}),
    ...(plan.fellBackFrom && plan.reason ? { reason: plan.reason } : {}),
  };
}

/** What an answer that is not the one hoped for means. Reads its body if it may be the server's; another may be endless. */
export async function refusalOf(response: Response): Promise<Outcome> {
  const isJson = response.headers.get('Content-Type')?.includes('json');
  const text = isJson ? await response.text().catch(() => '') : '';
  const { code } = problemOf(text);
  const retryInMs = retryAfterMs(response);
  return {
    cause: 'refused',
    status: response.status,
    ...(code ? { problem: code } : {}),
    ...(retryInMs === undefined ? {} : { retryInMs }),
  };
}

/** The same of a problem that a request has thrown. */
export function problemOutcome({ status, code, retryInMs }: ProblemError): Omit<Outcome, 'cause'> {
  return { status, ...(code ? { problem: code } : {}), ...(retryInMs === undefined ? {} : { retryInMs }) };
}

/** JSON that ought to be an event; undefined for what no server of ours has sent. */
export function eventOf(text: string): WireEvent | undefined {
  try {
    const event: unknown = JSON.parse(text);
    const type = (event as { type?: unknown } | null)?.type;
    return typeof type === 'string' ? (event as WireEvent) : undefined;
  } catch {
    return undefined;
  }
}
