import type { ConnectionParts } from './connection-parts.js';
import { Control } from './control.js';
import { Cover } from './cover.js';
import { Delays } from './delays.js';
import { Leg, type LegHandlers } from './leg.js';
import type { End, Plan } from './policy.js';
import { Recovery } from './recovery.js';
import { Sequence } from './sequence.js';
import type { Stream } from './stream.js';
import { nextStatus, type Status } from './status.js';
import { Trials } from './trials.js';
import type { OpenOptions, Transport } from './transports/transport.js';
import type { FairleadEvent, Hello, TransportId, WireEvent } from './types.js';
import { endsSession, kindOf } from './verdict.js';
import { Way } from './way.js';

/**
 * One lasting stream of events, whatever carries it. Up to three legs at a time:
 * - `main` is proven and has the session,
 * - `attempt` is what shall become it: same session, same cursor,
 * - `cover` is a poll without a session that brings events as long as there is no main: the baseline.
 * Trials, beside a main, look whether something better works.
 */
export class Connection implements Stream {
  readonly #parts: ConnectionParts;
  readonly #sequence = new Sequence();
  readonly #way: Way;
  readonly #trials: Trials;
  readonly #recovery: Recovery;
  readonly #delays: Delays;
  readonly #cover: Cover;

  #main: Leg | undefined;
  #attempt: Leg | undefined;
  #session: string | undefined;
  #running = false;
  #hidden = false;
  #epoch = 0; // what an earlier life still waits for is not heard
  #beginning = false;
  #status: Status = { state: 'idle' };

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { api, policy, clock, timing } = parts;
    this.#way = new Way(clock, timing);
    this.#recovery = new Recovery(new Control(api, policy, clock, timing), policy, clock, {
      isHidden: () => this.#hidden,
      isTrying: () => this.#attempt !== undefined,
      open: () => (this.cursor === undefined && !this.#main ? void this.#begin() : this.#open()),
      finish: (code) => this.#finish(code),
      outage: () => this.#cover.stop(),
      waiting: (ms, why) => {
        if (!this.#isCovered()) this.#say({ state: 'waiting', retryAt: clock.now() + ms, why });
        this.#cover.after(timing.coverAfterMs);
      },
      seen: (seen) => {
        this.#way.seen(seen);
        if (seen.moved && this.#main && !this.#attempt) this.#open();
      },
    });
    this.#delays = new Delays(parts, {
      isQuiet: (ms) => this.#main?.plan.transport !== 'sse' || this.#main.isQuiet(ms),
      cursor: () => this.cursor,
      onLate: () => this.#main?.plan.transport === 'sse' && this.#main.giveUp({ cause: 'behind' }),
    });
    // Two that both begin "now" would not begin at the same place: so not without a cursor.
    const needsCover = () => !!this.cursor && !this.#isCovered() && (!!this.#attempt || this.#recovery.hesitates);
    this.#cover = new Cover({ openCover: (plan, more) => this.#leg(plan, more), needsCover }, clock, timing);
    const trialHost = {
      openTrial: (plan: Plan) => this.#leg(plan, { durableOnly: true }),
      mayTry: () => this.#main !== undefined && !this.#hidden,
      stepUp: () => this.#open(),
    };
    this.#trials = new Trials(policy, trialHost, clock, timing);
  }

  get status(): Status {
    return this.#status;
  }

  get cursor(): string | undefined {
    return this.#sequence.cursor;
  }

  /** The cursor of the last durable event handed out, else where it began. */
  get last(): string | undefined {
    return this.#sequence.last;
  }

  get commands(): Transport | undefined {
    return this.#main?.transport.command ? this.#main.transport : undefined;
  }

  start(cursor: string | undefined): void {
    this.#drop();
    this.#sequence.begin(cursor);
    this.#running = true;
    void this.#begin();
  }

  stop(): void {
    this.#running = false;
    this.#drop();
    if (this.#status.state !== 'ended') this.#say({ state: 'idle' });
  }

  wake(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#begin();
  }

  setHidden(hidden: boolean): void {
    this.#hidden = hidden;
  }

  allow(order: readonly TransportId[]): void {
    const { policy, clock } = this.#parts;
    policy.allow(order, clock.now());
    if (!this.#running || this.#status.state === 'reset') return;
    const isWanted = (leg = this.#main) => leg?.plan.transport === policy.plan().transport;
    if (isWanted() && isWanted(this.#attempt)) this.#trials.plan();
    else void this.#begin();
  }

  expect(nonce: string): void {
    this.#delays.expect(nonce);
  }

  /** A stream that looks open may be dead: asks, or opens it anew; and looks in which network this is. */
  async check(): Promise<void> {
    if (!this.#running || this.#status.state === 'reset') return;
    this.#parts.policy.backoff.reset();
    const [main, epoch] = [this.#main, this.#epoch];
    if (main?.transport.command) {
      const latencyMs = await main.check();
      if (epoch !== this.#epoch) return;
      if (latencyMs !== undefined) this.#say({ latencyMs });
    } else if (!this.#beginning) {
      this.#open();
    }
    await this.#recovery.look();
  }

  // ---- opening

  /** Baseline first: whoever starts has events after one round trip, whatever else works or does not. */
  async #begin(): Promise<void> {
    this.#drop();
    const epoch = this.#epoch;
    this.#say({ state: 'connecting' });
    this.#beginning = true;
    const [reachable, answered] = await Promise.all([this.#recovery.look(), this.#cover.begin()]);
    if (epoch !== this.#epoch) return;
    this.#beginning = false;
    if (reachable || answered) this.#open();
    else this.#recovery.unreachable();
  }

  /** Opens what the policy wants, beside the present main if there is one. */
  #open(): void {
    const { policy, timing } = this.#parts;
    this.#recovery.stopWaiting();
    this.#attempt?.close();
    this.#attempt = this.#leg(policy.plan(), { session: this.#session });
    if (!this.#isCovered()) this.#cover.after(timing.coverAfterMs);
    if (this.#status.state !== 'live') this.#say({ state: 'connecting' });
    else if (policy.fell?.from !== this.#status.fellBackFrom) this.#say({}); // what was given up is told at once
  }

  #isCovered(): boolean {
    return this.#main !== undefined || this.#cover.isOpen || this.#trials.working !== undefined;
  }

  #leg(plan: Plan, more: Partial<OpenOptions>): Leg {
    const { api, clock, timing, rooms, open } = this.#parts;
    const options: OpenOptions = { api, clock, timing, plan, rooms, cursor: this.cursor, ...this.#way.options, ...more };
    return new Leg(open[plan.transport], options, this.#sequence.place(), this.#handlers);
  }

  /** Ends all legs and whatever is planned. */
  #drop(): void {
    this.#epoch += 1;
    this.#beginning = false;
    this.#recovery.stop();
    this.#delays.stop();
    this.#cover.stop();
    this.#trials.stop();
    for (const leg of [this.#main, this.#attempt]) leg?.close();
    this.#main = this.#attempt = undefined;
  }

  // ---- what legs say

  readonly #handlers: LegHandlers = {
    hello: (leg, hello) => this.#greeted(leg, hello),
    event: (leg, event) => this.#receive(leg, event),
    cursor: (leg, cursor) => this.#sequence.moved(leg.place, cursor),
    proven: (leg, ms) => this.#proven(leg, ms),
    ended: (leg, end) => this.#ended(leg, end),
    old: (leg) => {
      if (leg === this.#main && !this.#attempt) this.#open();
    },
  };

  #greeted(leg: Leg, hello: Hello): void {
    const { policy, clock } = this.#parts;
    if (hello.resume === 'reset') {
      this.#drop();
      this.#session = undefined;
      this.#say({ state: 'reset' });
      this.#parts.onReset(hello.reason ?? 'unknown_cursor');
      return;
    }
    if (hello.network?.key) policy.enter(hello.network.key, hello.network.advice, clock.now());
    if (this.cursor === undefined) this.#sequence.moved(leg.place, hello.cursor);
    if (this.#trials.is(leg)) return;
    this.#session = hello.session;
    this.#parts.onHello(hello);
  }

  #receive(leg: Leg, event: WireEvent): void {
    const { cursor } = event;
    if (cursor === undefined) return this.#parts.onEvent(event as unknown as FairleadEvent, undefined);
    this.#delays.seen(event);
    const judgement = this.#sequence.judge(leg.place, cursor);
    if (judgement === 'gap') leg.giveUp({ cause: 'gap' });
    if (judgement !== 'next') return;
    // Handed out first: if that is as far as it gets, the cursor still stands before it.
    this.#parts.onEvent(event as unknown as FairleadEvent, this.last);
    this.#sequence.passed(leg.place, cursor);
  }

  #proven(leg: Leg, ms: number): void {
    this.#way.took(ms);
    if (this.#cover.is(leg)) {
      this.#cover.proven();
      if (!this.#main) this.#say({ state: 'live', transport: 'poll', latencyMs: ms });
      return;
    }
    if (this.#trials.is(leg)) return this.#trials.proven(leg);
    const { policy, clock } = this.#parts;
    this.#main?.close();
    this.#cover.stop();
    this.#main = leg;
    this.#attempt = undefined;
    policy.proven(leg.plan, clock.now());
    this.#trials.plan();
    this.#delays.proven(leg.plan.transport === 'sse');
    this.#say({ state: 'live', transport: leg.plan.transport, latencyMs: ms });
  }

  #ended(leg: Leg, end: End): void {
    const kind = kindOf(end.outcome);
    if (this.#trials.is(leg)) return this.#trials.ended(end);
    if (kind === 'unauthorized' || kind === 'forbidden') return this.#finish(kind);
    this.#way.ended(end);
    if (this.#cover.is(leg)) this.#coverEnded();
    else if (leg === this.#main) this.#mainEnded(end);
    else this.#lost(end);
  }

  #coverEnded(): void {
    this.#cover.ended();
    if (!this.#isCovered() && this.#status.state === 'live') this.#say({ state: 'connecting' });
  }

  #mainEnded(end: End): void {
    this.#main = undefined;
    if (this.#attempt) {
      // Its session went over to the attempt, as was intended.
      if (!this.#isCovered()) this.#cover.after(this.#parts.timing.coverAfterMs);
      return;
    }
    const trial = this.#trials.working;
    if (trial) return this.#trials.won(trial);
    this.#trials.stop();
    this.#say({ state: 'connecting' });
    this.#lost(end);
  }

  #lost(end: End): void {
    this.#attempt = undefined;
    if (endsSession(end.outcome)) this.#session = undefined;
    void this.#recovery.lost(end);
  }

  #finish(code: 'unauthorized' | 'forbidden'): void {
    this.#running = false;
    this.#drop();
    this.#say({ state: 'ended' });
    this.#parts.onEnded(code);
  }

  #say(change: Partial<Status>): void {
    const { policy, onStatus } = this.#parts;
    this.#status = nextStatus(this.#status, { session: this.#session, network: policy.network, ...change }, policy.fell);
    onStatus(this.#status);
  }
}
