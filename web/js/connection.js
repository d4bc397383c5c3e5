// One lasting stream of events, whatever carries it. Chooses or is told a transport, proves it,
// watches it, and when it ends goes on from the cursor on the same or another one.
//
// This is the simple ladder: WebSocket, else SSE, else long poll. The page only uses what the
// Connection class shows (constructor, start, stop, setMode, nudge, check, status), so that the client
// library can take its place.
//
// A transport is a class with `static id`, `static provingBudgetMs` and
//   constructor({api, cursor, session, fellBackFrom, reason}, handlers)   starts connecting
//   measure(): Promise<milliseconds>                                     one round trip
//   close()                                                              no handler is called after
// and calls
//   onEvent(event)      each event in order, hello first
//   onActivity()        bytes have come
//   onCursor(cursor)    everything up to here has been handed over
//   onProven(ms)        a round trip has shown that both directions work
//   onClosed({cause, code?, status?, detail?, retryInMs?})   once, at the end
// with cause one of auth, refused, closed, silent, one_way, superseded.

import { Backoff } from './backoff.js';
import { PollTransport } from './transports/poll.js';
import { SseTransport } from './transports/sse.js';
import { WebSocketTransport } from './transports/websocket.js';

export const ladder = [WebSocketTransport, SseTransport, PollTransport];

const defaultHeartbeatSeconds = 20;
const watchdogFactor = 2.5;
const tickMs = 1_000;
const measureEveryMs = 20_000;
const checkTimeoutMs = 5_000;
const settledMs = 5_000; // a connection that lived this long makes the backoff start anew
const forgetFallbackMs = 5 * 60_000; // then the top of the ladder is tried again
const rememberedCursors = 2_000;
const byeGraceMs = 1_000;
const restart = 1012; // WebSocket close codes, PROTOCOL section 5
const superseded = 4009;
const closeCodesThatEnd = new Set([4001, 4003]);
const byesThatEnd = new Set(['auth_ended', 'forbidden']);
const restartSpreadMs = 3_000;

const realClock = {
  now: () => Date.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer),
};

export class Connection {
  #api;
  #onEvent;
  #onStatus;
  #onReset;
  #onEnded;
  #transports;
  #clock;
  #backoff;

  #mode = 'auto';
  #rung = 0;
  #fellAt = 0;
  #fellBackFrom;
  #fallReason;

  #running = false;
  #cursor;
  #session;
  #seen = new Set(); // the latest cursors handled: a durable event is shown once
  #transport = null;
  #generation = 0; // what an older transport or timer still says is not heard
  #timer = null;
  #ticker = null;

  #hello = null;
  #expectedHead = null;
  #bye = null;
  #openedAt = 0;
  #provenAt = 0;
  #lastActivityAt = 0;
  #measuredAt = 0;

  #status = { state: 'idle', transport: null, mode: 'auto', latencyMs: null, attempt: 0 };

  /**
   * @param onEvent   each event once, in order; hello, heartbeat, probe and bye stay in here
   * @param onStatus  the new status, see `status`
   * @param onReset   the cursor is of no use any more; resolves to a new one from /sync
   * @param onEnded   the server will not have this user any more
   */
  constructor({ api, onEvent, onStatus, onReset, onEnded, transports = ladder, clock = realClock,
    backoff = new Backoff() }) {
    this.#api = api;
    this.#onEvent = onEvent;
    this.#onStatus = onStatus;
    this.#onReset = onReset;
    this.#onEnded = onEnded;
    this.#transports = transports;
    this.#clock = clock;
    this.#backoff = backoff;
  }

  /**
   * {state, transport, mode, latencyMs, attempt, retryAt, session, node, heartbeatSeconds,
   * fellBackFrom, reason}; state is idle, connecting, live, waiting (for retryAt) or ended.
   */
  get status() {
    return this.#status;
  }

  get cursor() {
    return this.#cursor;
  }

  start(cursor) {
    this.#cursor = cursor;
    this.#running = true;
    this.#open();
  }

  stop() {
    this.#running = false;
    this.#drop();
    this.#say({ state: 'idle', transport: null, latencyMs: null });
  }

  /** Forces a transport ('websocket', 'sse', 'poll') or chooses by itself ('auto'). */
  setMode(mode) {
    this.#mode = mode;
    this.#rung = 0;
    this.#fellBackFrom = undefined;
    this.#say({ mode, fellBackFrom: undefined });
    if (!this.#running) return;
    if (this.#transport && this.#choice().id === this.#transport.constructor.id) return;
    this.#backoff.reset();
    this.#open();
  }

  /** Something changed for the better (online again, page shown): do not wait any longer. */
  nudge() {
    if (!this.#running) return;
    if (this.#transport) {
      this.check();
    } else {
      this.#rung = 0;
      this.#backoff.reset();
      this.#open();
    }
  }

  /** The page slept, or the network changed: a stream that looks open may be dead. Find out now. */
  check() {
    if (!this.#provenAt) return;
    const generation = this.#generation;
    const timer = this.#clock.setTimeout(() => {
      if (generation === this.#generation) this.#closed({ cause: 'silent' });
    }, checkTimeoutMs);
    this.#measure(this.#clock.now()).then((answered) => answered && this.#clock.clearTimeout(timer));
  }

  // ---- opening

  #choice() {
    if (this.#mode === 'auto') return this.#transports[this.#rung];
    return this.#transports.find((transport) => transport.id === this.#mode);
  }

  #open() {
    this.#drop();
    if (this.#rung > 0 && this.#clock.now() - this.#fellAt > forgetFallbackMs) this.#rung = 0;
    const generation = this.#generation;
    const Transport = this.#choice();
    const heard = (handler) => (value) => {
      if (generation === this.#generation) handler(value);
    };
    this.#hello = null;
    this.#bye = null;
    this.#expectedHead = null;
    this.#provenAt = 0;
    this.#openedAt = this.#clock.now();
    this.#lastActivityAt = this.#openedAt;
    this.#say({
      state: 'connecting',
      transport: Transport.id,
      latencyMs: null,
      attempt: this.#backoff.attempt,
    });
    this.#transport = new Transport(
      {
        api: this.#api,
        cursor: this.#cursor,
        session: this.#session,
        fellBackFrom: this.#fellBackFrom,
        reason: this.#fallReason,
      },
      {
        onEvent: heard((event) => this.#receive(event)),
        onActivity: heard(() => {
          this.#lastActivityAt = this.#clock.now();
        }),
        onCursor: heard((cursor) => cursor && this.#moveTo(cursor)),
        onProven: heard((latencyMs) => this.#proven(latencyMs)),
        onClosed: heard((outcome) => this.#closed(outcome)),
      },
    );
    this.#scheduleTick();
  }

  /** Ends the present transport and whatever is planned; nothing of it is heard any more. */
  #drop() {
    this.#generation += 1;
    this.#clock.clearTimeout(this.#timer);
    this.#clock.clearTimeout(this.#ticker);
    this.#transport?.close();
    this.#transport = null;
  }

  // ---- events

  #receive(event) {
    switch (event.type) {
      case 'hello':
        this.#welcome(event);
        return;
      case 'heartbeat':
        this.#checkHead(event.head);
        return;
      case 'bye':
        this.#leave(event);
        return;
      case 'probe':
        return;
      default:
    }
    if (event.cursor) {
      if (this.#seen.has(event.cursor)) return;
      this.#seen.add(event.cursor);
      if (this.#seen.size > rememberedCursors) this.#seen.delete(this.#seen.values().next().value);
    }
    this.#onEvent(event);
    if (event.cursor) this.#moveTo(event.cursor);
  }

  /** The server closes next, and says more by how it does; but it is not waited for long. */
  #leave(bye) {
    this.#bye = bye;
    const generation = this.#generation;
    this.#clock.setTimeout(() => {
      if (generation === this.#generation) this.#closed({ cause: 'closed' });
    }, byeGraceMs);
  }

  #moveTo(cursor) {
    this.#cursor = cursor;
    this.#expectedHead = cursor;
  }

  #welcome(hello) {
    this.#hello = hello;
    this.#session = hello.session;
    if (hello.resume === 'reset') {
      this.#resync();
      return;
    }
    if (!this.#cursor) this.#cursor = hello.cursor;
    this.#say({
      session: hello.session,
      node: hello.node,
      heartbeatSeconds: hello.heartbeat_seconds,
    });
  }

  /** A head that is not where this client stands: something was lost on the way. Get it again. */
  #checkHead(head) {
    const here = this.#expectedHead ?? this.#cursor;
    if (!head || head === here) return;
    if (this.#expectedHead === null && head === this.#hello?.cursor) return;
    this.#open();
  }

  async #resync() {
    this.#drop();
    this.#session = undefined;
    this.#say({ state: 'connecting', latencyMs: null });
    const generation = this.#generation;
    try {
      const cursor = await this.#onReset();
      if (generation !== this.#generation) return;
      this.#seen.clear();
      this.#cursor = cursor;
      this.#open();
    } catch {
      if (generation === this.#generation) this.#wait(this.#backoff.next(), 'unreachable');
    }
  }

  #proven(latencyMs) {
    this.#provenAt = this.#clock.now();
    this.#measuredAt = this.#provenAt;
    this.#fellBackFrom = undefined;
    this.#say({ state: 'live', latencyMs, attempt: 0, retryAt: undefined, reason: undefined });
  }

  // ---- watching

  #scheduleTick() {
    const generation = this.#generation;
    this.#ticker = this.#clock.setTimeout(() => {
      if (generation !== this.#generation) return;
      this.#tick();
      if (generation === this.#generation) this.#scheduleTick();
    }, tickMs);
  }

  #tick() {
    const now = this.#clock.now();
    if (!this.#provenAt) {
      if (now - this.#openedAt > this.#transport.constructor.provingBudgetMs) {
        this.#closed({ cause: this.#hello ? 'buffered' : 'silent' });
      }
      return;
    }
    const heartbeatSeconds = this.#hello?.heartbeat_seconds ?? defaultHeartbeatSeconds;
    if (now - this.#lastActivityAt > heartbeatSeconds * 1000 * watchdogFactor) {
      this.#closed({ cause: 'silent' });
      return;
    }
    if (now - this.#measuredAt > measureEveryMs) this.#measure(now);
  }

  /** Resolves to whether an answer came. Without one the watchdog decides, not a lost ping. */
  async #measure(now) {
    this.#measuredAt = now;
    const generation = this.#generation;
    try {
      const latencyMs = await this.#transport.measure();
      if (generation === this.#generation) this.#say({ latencyMs });
      return true;
    } catch {
      return false;
    }
  }

  // ---- the end of a transport

  async #closed(outcome) {
    const bye = this.#bye;
    const failed = this.#transport.constructor.id;
    const proven = this.#provenAt > 0;
    if (proven && this.#clock.now() - this.#provenAt > settledMs) this.#backoff.reset();
    this.#drop();

    const ends = outcome.cause === 'auth' || closeCodesThatEnd.has(outcome.code);
    if (ends || byesThatEnd.has(bye?.code)) {
      this.#end();
      return;
    }
    // The session is another connection's now, or may be what was refused: begin a new one.
    const lostSession = outcome.cause === 'superseded' || outcome.code === superseded;
    if (lostSession || outcome.cause === 'refused' || bye?.resume === false) {
      this.#session = undefined;
    }
    if (bye?.code === 'restart' || bye?.code === 'going_away' || outcome.code === restart) {
      this.#wait(bye?.reconnect_in_ms ?? Math.random() * restartSpreadMs, 'restarting');
      return;
    }
    if (proven) {
      const asked = Math.max(bye?.reconnect_in_ms ?? 0, outcome.retryInMs ?? 0);
      this.#wait(Math.max(this.#backoff.next(), asked), 'lost');
      return;
    }
    await this.#failedToProve(failed, outcome);
  }

  /** It never worked. Is the server away (then wait), or only this way to it blocked (fall back)? */
  async #failedToProve(failed, outcome) {
    this.#say({ state: 'connecting', latencyMs: null });
    const generation = this.#generation;
    let reachable = true;
    try {
      await this.#api.hello({ timeoutMs: 5_000 });
      // A page is not told why a WebSocket was refused; this call says if it was for the token.
      if (failed === 'websocket') await this.#api.request('GET', '/api/v1/users/me');
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error.status === 401) {
        this.#end();
        return;
      }
      reachable = false;
    }
    if (generation !== this.#generation) return;
    const wait = Math.max(this.#backoff.next(), outcome.retryInMs ?? 0);
    if (!reachable) {
      this.#wait(wait, 'unreachable');
    } else if (this.#mode === 'auto' && !outcome.retryInMs) {
      this.#fallBack(failed, outcome.cause, wait);
    } else {
      this.#wait(wait, 'blocked');
    }
  }

  #fallBack(failed, cause, wait) {
    this.#fellBackFrom = failed;
    this.#fallReason = cause;
    this.#fellAt = this.#clock.now();
    this.#rung = (this.#rung + 1) % this.#transports.length;
    this.#say({ fellBackFrom: this.#rung > 0 ? failed : undefined });
    if (this.#rung > 0) this.#open();
    else this.#wait(wait, 'blocked');
  }

  #wait(milliseconds, reason) {
    const generation = this.#generation;
    this.#say({
      state: 'waiting',
      latencyMs: null,
      attempt: this.#backoff.attempt,
      retryAt: this.#clock.now() + milliseconds,
      reason,
    });
    this.#timer = this.#clock.setTimeout(() => {
      if (generation === this.#generation && this.#running) this.#open();
    }, milliseconds);
  }

  #end() {
    this.#running = false;
    this.#drop();
    this.#say({ state: 'ended', transport: null, latencyMs: null });
    this.#onEnded();
  }

  #say(change) {
    this.#status = { ...this.#status, ...change };
    this.#onStatus(this.#status);
  }
}
