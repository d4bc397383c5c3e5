// What a signed-in person has: the client's stream and outbox, the REST calls and the store, tied together.
// The views call its methods and read its store.

import { FairleadClient } from 'fairlead-client';
import { Backoff } from 'fairlead-client/backoff';
import { isSignedOut } from '../api.js';
import { Store } from '../state/store.js';
import * as unread from '../state/unread.js';
import * as storage from '../storage.js';
import { Events } from './events.js';
import { History } from './history.js';
import { Reading } from './reading.js';
import { Rooms } from './rooms.js';

const typingEveryMs = 3_000;
const refreshPeopleEveryMs = 60_000;
const measureEveryMs = 20_000;
const resyncMinMs = 500;
const resyncMaxMs = 15_000;
const transports = ['websocket', 'sse', 'poll'];

/** Where the choice of a transport is kept, for all tabs. */
export const modeKey = 'fairlead.transport';

/** Emits 'status' when the connection has changed, 'message' for each one of somebody else, 'gone' {room, why} (events.js). */
export class Chat extends EventTarget {
  store = new Store();
  mode = storage.load(modeKey) ?? 'auto'; // a transport, or the best that works
  rooms;
  history;
  reading;

  #client = null;
  #hello = null;
  #latencyMs; // measured since the client's own figure
  #api;
  #events;
  #isSeen;
  #onEnded;
  #typedAt = 0;
  #lastState = 'idle';
  #timers = [];

  /**
   * @param isSeen  (roomId) => whether the person is looking at this room just now
   * @param isReadBack (roomId) => whether the person has scrolled back in this room
   * @param onEnded the server will not have this user any more
   */
  constructor({ api, isSeen, isReadBack, onEnded }) {
    super();
    const { store } = this;
    this.#api = api;
    this.#isSeen = isSeen;
    this.#onEnded = onEnded;
    this.rooms = new Rooms({ api, store });
    this.history = new History({ api, store });
    this.reading = new Reading({ api, store });
    const onMessage = (message) => this.dispatchEvent(new CustomEvent('message', { detail: message }));
    const onGone = (room, why) => this.dispatchEvent(new CustomEvent('gone', { detail: { room, why } }));
    this.#events = new Events({ store, rooms: this.rooms, reading: this.reading, isSeen, isReadBack, onMessage, onGone });
  }

  async start() {
    const snapshot = await this.#api.sync();
    this.store.reset(snapshot);
    this.#client = this.#connect(snapshot.user.id);
    this.#client.start(snapshot.cursor);
    // Presence events are at most once, and none says that presence is not known for a while.
    const refresh = () => {
      const roomId = this.store.currentRoomId;
      if (roomId && this.#isSeen(roomId)) this.#quietly(this.rooms.refreshPeople(roomId));
    };
    this.#timers.push(setInterval(refresh, refreshPeopleEveryMs));
    this.#timers.push(setInterval(() => this.#quietly(this.#measure()), measureEveryMs));
  }

  /** The stream and the outbox of one user: what is unsent is theirs, whatever token they have. */
  #connect(userId) {
    const client = new FairleadClient({
      token: this.#api.token,
      scope: userId,
      transports: transportsOf(this.mode),
    });
    client.on('event', (event) => this.#events.apply(event));
    client.on('status', (status) => this.#onStatus(status));
    client.on('hello', (hello) => {
      this.#hello = hello;
    });
    client.on('outbox', () => this.store.changed('timeline'));
    client.on('sent', (message) => this.store.putMessage(message, { growing: true }));
    client.on('reset', () => this.#resync());
    client.on('ended', ({ code }) => code !== 'closed' && this.#onEnded());
    return client;
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    this.reading.stop();
    this.#client?.close();
  }

  // ---- the connection

  /** The client's status, with {mode, heartbeatSeconds, node}; the latter two are known to the tab that connects. */
  get status() {
    const status = this.#client?.status ?? { state: 'idle' };
    const { heartbeat_seconds: heartbeatSeconds, node } = this.#hello ?? {};
    const about = status.shared ? {} : { heartbeatSeconds, node };
    return { ...status, ...about, mode: this.mode, latencyMs: this.#latencyMs ?? status.latencyMs };
  }

  /** Forces a transport ('websocket', 'sse', 'poll') or lets the client choose ('auto'), in all tabs. */
  setMode(mode) {
    storage.save(modeKey, mode);
    this.followMode(mode);
  }

  /** It was chosen in another tab. */
  followMode(mode) {
    this.mode = mode;
    this.#client?.setTransports(transportsOf(mode));
    this.dispatchEvent(new CustomEvent('status'));
  }

  async #measure() {
    if (this.#client.status.state !== 'live' || document.visibilityState !== 'visible') return;
    this.#latencyMs = await this.#client.ping();
    this.dispatchEvent(new CustomEvent('status'));
  }

  #onStatus(status) {
    const live = status.state === 'live' && this.#lastState !== 'live';
    this.#lastState = status.state;
    this.#latencyMs = undefined;
    this.store.changed('timeline'); // what waits to be sent is shown by whether it can be
    if (live) {
      // Presence is not replayed: what was missed has to be asked for. So does what failed to load.
      const roomId = this.store.currentRoomId;
      if (roomId) this.#quietly(this.openRoom(roomId));
    }
    this.dispatchEvent(new CustomEvent('status'));
  }

  /** The cursor is of no use any more: a new picture, and on from there. */
  async #resync() {
    const backoff = new Backoff(resyncMinMs, resyncMaxMs, Math.random);
    while (this.#client.status.state === 'reset') {
      try {
        const snapshot = await this.#client.sync();
        const { currentRoomId } = this.store;
        this.store.reset(snapshot);
        if (this.store.rooms.has(currentRoomId)) await this.openRoom(currentRoomId);
        return;
      } catch (error) {
        if (isSignedOut(error)) return this.#onEnded();
        await new Promise((resolve) => setTimeout(resolve, resyncMinMs + backoff.next()));
      }
    }
  }

  // ---- rooms

  /** Resolves when its newest messages and its people are there. */
  async openRoom(roomId) {
    this.store.open(roomId);
    if (!roomId) return;
    await Promise.all([this.history.open(roomId), this.rooms.refreshPeople(roomId)]);
  }

  // ---- messages

  /** Resolves when the server has it; rejects at once if nothing more can be kept. What is refused is seen in `unsent`. */
  async send(roomId, text, replyTo) {
    this.#typedAt = 0;
    const room = this.store.rooms.get(roomId);
    if (room) unread.settle(room);
    try {
      await this.#client.room(roomId).send(text, { replyTo });
    } catch (error) {
      if (error instanceof RangeError) throw error;
    }
  }

  /** The room's messages on their way, oldest first: see the client's OutboxItem. All rooms' without an id. */
  unsent(roomId) {
    return this.#client?.outbox.filter((item) => !roomId || item.room_id === roomId) ?? [];
  }

  retry(nonce) {
    this.#client.retry(nonce);
  }

  discard(nonce) {
    this.#client.discard(nonce);
  }

  /** Whoever signs out leaves nothing behind, also not what another tab has written. */
  discardAll() {
    for (const { nonce } of this.unsent()) this.discard(nonce);
    storage.removeAll(`fairlead.outbox.${this.store.user.id}.`);
  }

  async edit(message, text) {
    this.store.putMessage(await this.#api.edit(message.room_id, message.id, text));
  }

  async delete({ room_id: roomId, id }) {
    await this.#api.delete(roomId, id); // the stream says what is left of it
  }

  /** Reacts, or takes it back. */
  async react({ room_id: roomId, id }, emoji, on) {
    await this.#api.react(roomId, id, emoji, on);
  }

  search(words, roomId, signal) {
    return this.#api.search(words, roomId, signal);
  }

  inbox(before) {
    return this.#api.inbox(before);
  }

  /** Tells the others, at most as often as the server passes it on. Nobody misses it if it fails. */
  typed(roomId) {
    const now = Date.now();
    if (now - this.#typedAt < typingEveryMs) return;
    this.#typedAt = now;
    this.#api.typing(roomId).catch(() => {});
  }

  /** For what the page does by itself: a failure now is made good by the next time. */
  #quietly(promise) {
    promise.catch(() => {}); // offline, or gone from the room meanwhile
  }
}

/** What the client may use: anything that is not a transport's name means all. */
const transportsOf = (mode) => (transports.includes(mode) ? [mode] : transports);
