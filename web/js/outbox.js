// Messages on their way. Each has a nonce for life, so it may be sent any number of times and still
// becomes one message; each is stored until the server has confirmed it, so it survives a reload.

import { NetworkError } from './api.js';
import { Backoff } from './backoff.js';
import * as storage from './storage.js';

const tries = 5; // of a server that answers, but with a failure of its own
const rateLimitWaitMs = 1_000; // when it does not say how long

export class Outbox {
  #api;
  #prefix;
  #onChange;
  #onSent;
  #items = []; // oldest first
  #lanes = new Map(); // room id → {busy, timer, backoff}: one send at a time keeps the order

  /**
   * @param onChange called with a room id whenever its items change
   * @param onSent   called with the message that the server confirmed
   */
  constructor({ api, userId, onChange, onSent }) {
    this.#api = api;
    this.#prefix = `fairlead.outbox.${userId}.`;
    this.#onChange = onChange;
    this.#onSent = onSent;
    this.#items = storage
      .keys(this.#prefix)
      .map((key) => parse(storage.load(key)))
      .filter((item) => item?.nonce && item.room_id)
      .sort((a, b) => a.queued_at - b.queued_at);
  }

  /**
   * {nonce, room_id, text, queued_at, state: pending|failed, waiting?, problem?}, oldest first;
   * waiting: it could not be sent at once.
   */
  items(roomId) {
    return this.#items.filter((item) => item.room_id === roomId);
  }

  add(roomId, text) {
    const last = this.#items.at(-1)?.queued_at ?? 0;
    const item = {
      nonce: crypto.randomUUID?.() ?? randomNonce(),
      room_id: roomId,
      text,
      queued_at: Math.max(Date.now(), last + 1),
      state: 'pending',
    };
    this.#items.push(item);
    this.#keep(item);
    this.#flush(roomId);
  }

  retry(nonce) {
    const item = this.#find(nonce);
    if (!item) return;
    item.state = 'pending';
    item.problem = undefined;
    item.tries = 0;
    this.#keep(item);
    this.#flush(item.room_id);
  }

  discard(nonce) {
    this.#take(nonce);
  }

  /** The message with this nonce has been seen in the stream: it is sent, whatever the POST says. */
  confirm(nonce) {
    this.#take(nonce);
  }

  /** The way to the server may be open again: send what waits, now. */
  flush() {
    for (const roomId of new Set(this.#items.map((item) => item.room_id))) {
      const lane = this.#lane(roomId);
      lane.backoff.reset();
      this.#flush(roomId);
    }
  }

  stop() {
    for (const lane of this.#lanes.values()) {
      clearTimeout(lane.timer);
      lane.stopped = true;
    }
  }

  #lane(roomId) {
    let lane = this.#lanes.get(roomId);
    if (!lane) {
      lane = { busy: false, timer: null, stopped: false, backoff: new Backoff({ baseMs: 500 }) };
      this.#lanes.set(roomId, lane);
    }
    return lane;
  }

  async #flush(roomId) {
    const lane = this.#lane(roomId);
    clearTimeout(lane.timer);
    if (lane.busy) return;
    lane.busy = true;
    try {
      for (;;) {
        const item = this.items(roomId).find(({ state }) => state === 'pending');
        if (!item || lane.stopped) return;
        const waitMs = await this.#send(item, lane);
        if (waitMs === Infinity) return;
        if (waitMs > 0) {
          lane.timer = setTimeout(() => this.#flush(roomId), waitMs);
          return;
        }
      }
    } finally {
      lane.busy = false;
    }
  }

  /** Sends one; the milliseconds to wait before the next try, 0 to go on. */
  async #send(item, lane) {
    try {
      const message = await this.#api.sendMessage(item.room_id, item.text, item.nonce);
      lane.backoff.reset();
      this.#take(item.nonce);
      this.#onSent(message);
      return 0;
    } catch (error) {
      if (!item.waiting) {
        item.waiting = true;
        this.#onChange(item.room_id);
      }
      if (error instanceof NetworkError) return Math.max(100, lane.backoff.next());
      if (error.status === 401) return Infinity; // signed out; kept for the next time
      item.tries = (item.tries ?? 0) + 1;
      if (error.status === 429) return (error.retryAfterSeconds ?? 0) * 1000 || rateLimitWaitMs;
      if (error.temporary && item.tries < tries) {
        return Math.max(100, (error.retryAfterSeconds ?? 0) * 1000, lane.backoff.next());
      }
      item.state = 'failed';
      item.problem = Object.values(error.fields ?? {})[0] ?? error.message;
      this.#keep(item);
      return 0;
    }
  }

  #find(nonce) {
    return this.#items.find((item) => item.nonce === nonce);
  }

  #take(nonce) {
    const item = this.#find(nonce);
    if (!item) return;
    this.#items = this.#items.filter((other) => other !== item);
    storage.remove(this.#prefix + nonce);
    this.#onChange(item.room_id);
  }

  #keep(item) {
    if (this.#find(item.nonce)) storage.save(this.#prefix + item.nonce, JSON.stringify(item));
    this.#onChange(item.room_id);
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** crypto.randomUUID is only there in secure contexts; plain http on a LAN is not one. */
function randomNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
