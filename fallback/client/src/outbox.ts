import { Backoff } from './backoff.js';
import type { Clock, Timing } from './clock.js';
import { NetworkError, ProblemError } from './errors.js';
import { randomWord } from './random.js';
import { parseStored, type Store } from './storage.js';
import type { Message } from './types.js';

/** A message on its way. */
export interface OutboxItem {
  readonly nonce: string;
  readonly room_id: string;
  readonly text: string;
  readonly reply_to?: string;
  readonly metadata?: unknown;
  /** Milliseconds since the epoch. */
  readonly queued_at: number;
  /** `failed`: the server refuses it as it is; see `problem`. */
  state: 'pending' | 'failed';
  /** It could not be sent at once: it waits until it can. */
  waiting?: boolean;
  /** When it is tried again, in milliseconds since the epoch; it may be earlier, when the connection is back. */
  retry_at?: number;
  problem?: string;
}

/** What the outbox is made of. */
export interface OutboxParts {
  store: Store;
  /** Whose messages these are, among all that the store keeps. */
  scope: string;
  clock: Clock;
  timing: Timing;
  /** Sends one. Rejects with ProblemError or NetworkError. */
  send(item: OutboxItem): Promise<Message>;
  /** The server has taken one that was not seen in the stream so far. */
  onTaken(item: OutboxItem): void;
  /** The server has this one, which was in here. */
  onSent(message: Message): void;
  /** The messages on their way have changed. */
  onChange(items: readonly OutboxItem[]): void;
}

interface Lane {
  busy: boolean;
  again?: boolean; // woken: what was on its way then, and is refused, is tried once more
  timer: unknown;
  backoff: Backoff;
  refusals: number;
}

interface Sender {
  sent: Promise<Message>;
  resolve(message: Message): void;
  reject(error: Error): void;
}

const itemsMax = 1_000;
const refusalsMax = 5; // of a server that answers, but with a failure of its own
const rateLimitWaitMs = 1_000; // if it does not say how long
const waitMinMs = 100;

/**
 * Messages on their way. Each has a nonce for life, so it may be sent any number of times and still
 * becomes one message; each is kept until the server has confirmed it, so it survives a reload. The
 * messages of a room go one after another, in the order they were written; rooms do not wait for each other.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #prefix: string;
  #items: OutboxItem[] = []; // oldest first
  readonly #adopted = new Set<string>();
  readonly #senders = new Map<string, Sender>();
  readonly #lanes = new Map<string, Lane>();
  #running = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#prefix = `fairlead.outbox.${parts.scope}.`;
  }

  /** What is on its way, oldest first. */
  get items(): readonly OutboxItem[] {
    return this.#items;
  }

  /** Takes over what an earlier page, or a tab that is gone, has left in the store. */
  adopt(): void {
    const { store } = this.#parts;
    const known = new Set(this.#items.map(({ nonce }) => nonce));
    for (const key of store.keys().filter((key) => key.startsWith(this.#prefix))) {
      const item = parseStored(store.get(key)) as OutboxItem | undefined;
      // The prefix of one scope may be the beginning of another's.
      if (!item?.room_id || key !== this.#prefix + item.nonce || known.has(item.nonce)) continue;
      this.#items.push(item);
      this.#adopted.add(item.nonce);
    }
    this.#items.sort((a, b) => a.queued_at - b.queued_at);
    this.#changed();
    this.flush();
  }

  /**
   * Queues a message; resolves when the server has it. The nonce of one that is on its way means that one.
   * Rejects with ProblemError if it is refused as it is, and with RangeError when 1,000 wait already. Throws
   * TypeError if `metadata` is not JSON.
   */
  send(message: { room_id: string; text: string; reply_to?: string; metadata?: unknown; nonce?: string }): Promise<Message> {
    const { nonce = randomWord() } = message;
    const underWay = this.#senders.get(nonce);
    if (underWay) return underWay.sent;
    if (this.#items.length >= itemsMax) {
      return Promise.reject(new RangeError(`${itemsMax} messages wait already`));
    }
    const last = this.#items.at(-1)?.queued_at ?? 0;
    const queued_at = Math.max(this.#parts.clock.now(), last + 1);
    const item: OutboxItem = { ...message, nonce, queued_at, state: 'pending' };
    this.#keep(item);
    // An earlier page may have left it, or it was refused: this is the same message.
    this.#items = [...this.#items.filter((one) => one.nonce !== nonce), item];
    this.#changed();
    const sender = {} as Sender;
    sender.sent = new Promise((resolve, reject) => Object.assign(sender, { resolve, reject }));
    sender.sent.catch(() => {}); // who does not wait for it sees it in `items`
    this.#senders.set(nonce, sender);
    void this.#flush(item.room_id);
    return sender.sent;
  }

  /** Sends one that failed once more. */
  retry(nonce: string): void {
    const item = this.#items.find((one) => one.nonce === nonce);
    if (!item) return;
    item.state = 'pending';
    delete item.problem;
    this.#keep(item);
    this.#changed();
    void this.#flush(item.room_id);
  }

  /** Forgets one that was not sent. */
  discard(nonce: string): void {
    this.#take(nonce);
    this.#senders.get(nonce)?.reject(new Error('It was discarded.'));
    this.#senders.delete(nonce);
  }

  /** It was seen in the stream: it is sent, whatever became of the answer. */
  confirm(message: Message): void {
    const item = this.#items.find(({ nonce }) => nonce === message.nonce);
    if (item && item.room_id === message.room_id) this.#sent(item.nonce, message);
  }

  /** The room has changed: what waits there, perhaps for long, may go now. */
  wake(room: string): void {
    this.#lane(room).again = true;
    void this.#flush(room);
  }

  /** The way to the server may be open (again): what waits is sent now. */
  flush(): void {
    this.#running = true;
    for (const room of new Set(this.#items.map(({ room_id }) => room_id))) {
      this.#lane(room).backoff.reset();
      void this.#flush(room);
    }
  }

  /** Sends nothing any more; what waits stays in the store. With an error, senders are told. */
  stop(error?: Error): void {
    this.#running = false;
    for (const lane of this.#lanes.values()) this.#parts.clock.clearTimeout(lane.timer);
    if (!error) return;
    for (const { reject } of this.#senders.values()) reject(error);
    this.#senders.clear();
  }

  #lane(room: string): Lane {
    let lane = this.#lanes.get(room);
    if (!lane) {
      const { backoffMinMs, backoffMaxMs } = this.#parts.timing;
      const backoff = new Backoff(backoffMinMs, backoffMaxMs, Math.random);
      this.#lanes.set(room, (lane = { busy: false, timer: undefined, backoff, refusals: 0 }));
    }
    return lane;
  }

  async #flush(room: string): Promise<void> {
    const { clock } = this.#parts;
    const lane = this.#lane(room);
    if (lane.busy) return;
    clock.clearTimeout(lane.timer);
    lane.busy = true;
    try {
      while (this.#running) {
        const item = this.#items.find(({ room_id, state }) => room_id === room && state === 'pending');
        if (!item) return;
        if (this.#adopted.has(item.nonce) && this.#parts.store.get(this.#prefix + item.nonce) === null) {
          this.#take(item.nonce); // whose it was has sent it, or has thought better of it
          continue;
        }
        lane.again = false;
        const waitMs = await this.#try(item, lane);
        if (waitMs > 0 && !lane.again) {
          item.waiting = true;
          item.retry_at = clock.now() + waitMs;
          this.#changed();
          if (this.#running) lane.timer = clock.setTimeout(() => void this.#flush(room), waitMs);
          return;
        }
      }
    } finally {
      lane.busy = false;
    }
  }

  /** Sends one; the milliseconds to wait before the next try, 0 to go on. */
  async #try(item: OutboxItem, lane: Lane): Promise<number> {
    try {
      const message = await this.#parts.send(item);
      lane.backoff.reset();
      lane.refusals = 0;
      if (this.#items.includes(item)) this.#parts.onTaken(item);
      this.#sent(item.nonce, message);
      return 0;
    } catch (error) {
      const backoff = () => Math.max(waitMinMs, lane.backoff.next());
      // 401 is the connection's to tell; the message is kept for the next time.
      if (error instanceof NetworkError || (error as ProblemError).status === 401) return backoff();
      if (!(error instanceof ProblemError)) throw error;
      if (error.status === 429) return Math.max(error.retryInMs ?? rateLimitWaitMs, backoff());
      lane.refusals += 1;
      // Without a code it is not the server's word, but that of a proxy or of a page that asks to log in.
      if ((error.temporary || !error.code) && lane.refusals < refusalsMax) return Math.max(backoff(), error.retryInMs ?? 0);
      lane.refusals = 0;
      this.#refused(item, error);
      return 0;
    }
  }

  #refused(item: OutboxItem, error: ProblemError): void {
    if (!this.#items.includes(item)) return; // discarded meanwhile
    item.state = 'failed';
    item.problem = Object.values(error.fields)[0] ?? error.message;
    this.#keep(item);
    this.#changed();
    this.#senders.get(item.nonce)?.reject(error);
    this.#senders.delete(item.nonce);
  }

  #sent(nonce: string, message: Message): void {
    const had = this.#items.some((item) => item.nonce === nonce);
    this.#take(nonce);
    if (had) this.#parts.onSent(message);
    this.#senders.get(nonce)?.resolve(message);
    this.#senders.delete(nonce);
  }

  #take(nonce: string): void {
    this.#parts.store.remove(this.#prefix + nonce);
    const rest = this.#items.filter((item) => item.nonce !== nonce);
    if (rest.length === this.#items.length) return;
    this.#items = rest;
    this.#changed();
  }

  #keep(item: OutboxItem): void {
    this.#parts.store.set(this.#prefix + item.nonce, JSON.stringify(item));
  }

  #changed(): void {
    this.#parts.onChange(this.#items);
  }
}
