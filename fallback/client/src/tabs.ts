import { Backoff } from './backoff.js';
import type { Connection } from './connection.js';
import type { StreamHandlers } from './connection-parts.js';
import type { Clock, Timing } from './clock.js';
import { catchUp, ResetError } from './catch-up.js';
import type { Api } from './http.js';
import { Sequence } from './sequence.js';
import type { Status } from './status.js';
import type { Stream } from './stream.js';
import type { FairleadEvent, TransportId } from './types.js';

/** navigator.locks, or what a test puts in its place. */
export interface Locks {
  request(name: string, options: { signal: AbortSignal }, holder: () => Promise<void>): Promise<unknown>;
}

/** A BroadcastChannel, or what a test puts in its place. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((message: { data: unknown }) => void) | null;
  close(): void;
}

/** What the tabs share, and what they need for it. */
export interface TabsParts {
  /** The same for all tabs that may share: same server, same user. */
  name: string;
  locks: Locks;
  openChannel(name: string): Channel;
  api: Api;
  clock: Clock;
  timing: Timing;
  rooms?: readonly string[] | undefined;
  handlers: StreamHandlers;
  /** Makes the connection that this tab has while it leads. */
  connect(handlers: StreamHandlers): Connection;
  /** This tab leads now. */
  onLead(): void;
}

const askedMax = 500; // events at once; a tenth after each failure, for paths that cut long answers
const waitingMax = 1_000; // while a tab catches up; what is forgotten shows as missing, and is got again

type Word =
  | { tell: 'join' }
  | { tell: 'state'; status: Status; last: string | undefined }
  | { tell: 'event'; event: FairleadEvent; before: string | undefined };

/**
 * One connection for many tabs. The tab that holds the lock leads: it has the connection and passes
 * everything on. Each durable event comes with the cursor of the one before it, so a tab that follows sees
 * when it has missed something, and gets it by itself. When the leader goes, the lock goes to another tab,
 * which connects with the cursor of what it was given: nothing is lost in between.
 */
export class SharedStream implements Stream {
  readonly #parts: TabsParts;
  readonly #connection: Connection;
  readonly #sequence = new Sequence();
  readonly #backoff: Backoff;
  #leads = false;
  #running = false;
  #catching = false;
  #epoch = 0;
  #limit = askedMax;
  #waiting: { event: FairleadEvent; before: string | undefined }[] = [];
  #retry: unknown;
  #status: Status = { state: 'idle' };
  #channel: Channel | undefined;
  #leave: (() => void) | undefined;

  constructor(parts: TabsParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.timing.backoffMinMs, parts.timing.backoffMaxMs, Math.random);
    const { handlers } = parts;
    this.#connection = parts.connect({
      onEvent: (event, before) => {
        handlers.onEvent(event, before);
        this.#tell({ tell: 'event', event, before });
      },
      onStatus: (status) => {
        this.#say(status);
        if (this.#leads) this.#tellState();
      },
      onHello: handlers.onHello,
      onReset: handlers.onReset,
      // Another tab may have a token that is still good: the lead goes on to it, and it finds out by itself.
      onEnded: (code) => this.#end(code),
    });
  }

  get status(): Status {
    return this.#status;
  }

  get cursor(): string | undefined {
    return this.#leads ? this.#connection.cursor : this.#sequence.cursor;
  }

  get commands(): Connection['commands'] {
    return this.#leads ? this.#connection.commands : undefined;
  }

  start(cursor: string | undefined): void {
    this.#sequence.begin(cursor);
    if (this.#leads) this.#connection.start(cursor);
    else this.#join();
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#epoch += 1;
    this.#parts.clock.clearTimeout(this.#retry);
    // What the connection was given counts for this tab, too.
    if (this.#leads) this.#sequence.begin(this.#connection.cursor);
    this.#connection.stop();
    this.#channel?.close();
    this.#channel = undefined;
    this.#leave?.();
    this.#leave = undefined;
    this.#leads = false;
    this.#say({ state: 'idle' });
  }

  wake(): void {
    if (!this.#running) this.#join();
  }

  async check(): Promise<void> {
    if (this.#leads) await this.#connection.check();
    else if (this.#running) this.#tell({ tell: 'join' }); // what was missed in sleep shows in the answer
  }

  setHidden(hidden: boolean): void {
    this.#connection.setHidden(hidden);
  }

  /** Tabs that follow know it for when they lead. */
  allow(order: readonly TransportId[]): void {
    this.#connection.allow(order);
  }

  expect(nonce: string): void {
    if (this.#leads) this.#connection.expect(nonce);
  }

  // ---- joining and leading

  #join(): void {
    this.#epoch += 1;
    this.#catching = false;
    this.#waiting = [];
    if (!this.#running) {
      this.#running = true;
      this.#channel = this.#parts.openChannel(this.#parts.name);
      this.#channel.onmessage = ({ data }) => this.#hear(data as Word);
      this.#queueForTheLead();
    }
    this.#say({ state: 'connecting', shared: true });
    this.#tell({ tell: 'join' });
  }

  #queueForTheLead(): void {
    const abort = new AbortController();
    this.#leave = () => abort.abort();
    const hold = () => {
      if (abort.signal.aborted) return Promise.resolve();
      return new Promise<void>((release) => {
        this.#leave = release;
        this.#lead();
      });
    };
    // Given up while waiting in the queue: that is all that can go wrong.
    this.#parts.locks.request(this.#parts.name, { signal: abort.signal }, hold).catch(() => {});
  }

  #lead(): void {
    this.#leads = true;
    this.#epoch += 1;
    this.#catching = false;
    this.#waiting = [];
    if (this.#status.state === 'reset' || this.#status.state === 'ended') return;
    this.#connection.start(this.#sequence.cursor);
    this.#parts.onLead();
  }

  #tell(word: Word): void {
    this.#channel?.postMessage(word);
  }

  #tellState(): void {
    this.#tell({ tell: 'state', status: this.#status, last: this.#connection.last });
  }

  #say(status: Status): void {
    this.#status = status;
    this.#parts.handlers.onStatus(status);
  }

  #end(code: 'unauthorized' | 'forbidden'): void {
    this.stop();
    this.#say({ state: 'ended' });
    this.#parts.handlers.onEnded(code);
  }

  // ---- following

  #hear(word: Word): void {
    if (!this.#running) return;
    if (this.#leads) {
      if (word.tell === 'join') this.#tellState();
      return;
    }
    if (this.#status.state === 'reset') {
      return; // until the application has a new cursor
    } else if (word.tell === 'event') {
      this.#follow(word.event, word.before);
    } else if (word.tell === 'state') {
      if (word.status.state !== 'reset') this.#say({ ...word.status, shared: true });
      if (this.cursor === undefined && word.last !== undefined) this.#sequence.begin(word.last);
      else if (word.last !== this.#sequence.last && word.last !== undefined) void this.#catchUp();
    }
  }

  #follow(event: FairleadEvent, before: string | undefined): void {
    const { cursor } = event;
    if (cursor === undefined) {
      this.#parts.handlers.onEvent(event, undefined);
      return;
    }
    if (this.#catching) {
      if (this.#waiting.length >= waitingMax) this.#waiting = [];
      this.#waiting.push({ event, before });
      return;
    }
    const place = this.#sequence.place();
    const { last } = this.#sequence;
    if (this.#sequence.judge(place, cursor) === 'known') return;
    if (last === undefined || before === last) {
      this.#parts.handlers.onEvent(event, last);
      this.#sequence.passed(place, cursor);
    } else {
      // Something is missing before it, or this tab is ahead of the leader. The log says which, and has it.
      void this.#catchUp();
    }
  }

  async #catchUp(): Promise<void> {
    if (this.#catching || this.#leads) return;
    this.#catching = true;
    const { api, rooms, clock, handlers } = this.#parts;
    const epoch = this.#epoch;
    const isOver = () => epoch !== this.#epoch;
    try {
      await catchUp(api, this.#sequence, rooms, this.#limit, (event) => handlers.onEvent(event, this.#sequence.last), isOver);
      if (isOver()) return;
      this.#backoff.reset();
      this.#limit = askedMax;
      this.#catching = false;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const { event, before } of waiting) this.#follow(event, before);
    } catch (error) {
      if (isOver()) return;
      if (error instanceof ResetError) {
        this.#catching = false;
        this.#say({ state: 'reset' });
        handlers.onReset(error.message);
        return;
      }
      this.#limit = Math.ceil(this.#limit / 10);
      this.#retry = clock.setTimeout(() => {
        if (isOver()) return;
        this.#catching = false;
        void this.#catchUp();
      }, this.#backoff.next());
    }
  }
}
