// What a signed-in person does: ties the REST calls, the client's stream and outbox, and the store together.
// The views call its methods and read its store.

import { FairleadClient } from 'fairlead-client';
import { Backoff } from 'fairlead-client/backoff';
import { Store } from './store.js';
import * as storage from './storage.js';

const typingEveryMs = 3_000;
const refreshPeopleEveryMs = 60_000;
const tellReadAfterMs = 1_000;
const measureEveryMs = 20_000;
const resyncMinMs = 500;
const resyncMaxMs = 15_000;
const transports = ['websocket', 'sse', 'poll'];

/** Where the choice of a transport is kept, for all tabs. */
export const modeKey = 'fairlead.transport';

export class Chat extends EventTarget {
  store = new Store();
  mode = storage.load(modeKey) ?? 'auto'; // a transport, or the best that works

  #client = null;
  #hello = null;
  #latencyMs; // measured since the client's own figure
  #api;
  #isSeen;
  #isReadBack;
  #onEnded;
  #typedAt = 0;
  #lastState = 'idle';
  #toTell = new Map(); // room id → the message up to which it is read, until the server is told
  #readTimers = new Map();
  #timers = [];

  /**
   * @param isSeen  (roomId) => whether the person is looking at this room just now
   * @param isReadBack (roomId) => whether the person has scrolled back in this room
   * @param onEnded the server will not have this user any more
   */
  constructor({ api, isSeen, isReadBack, onEnded }) {
    super();
    this.#api = api;
    this.#isSeen = isSeen;
    this.#isReadBack = isReadBack;
    this.#onEnded = onEnded;
  }

  async start() {
    const snapshot = await this.#api.sync();
    this.store.reset(snapshot);
    this.#client = this.#connect(snapshot.user.id);
    this.#client.start(snapshot.cursor);
    // Presence events are at most once, and none says that presence is not known for a while.
    const refresh = () => {
      const roomId = this.store.currentRoomId;
      if (roomId && this.#isSeen(roomId)) this.#quietly(() => this.refreshPeople(roomId));
    };
    this.#timers.push(setInterval(refresh, refreshPeopleEveryMs));
    this.#timers.push(setInterval(() => this.#quietly(() => this.#measure()), measureEveryMs));
  }

  /** The stream and the outbox of one user: what is unsent is theirs, whatever token they have. */
  #connect(userId) {
    const client = new FairleadClient({
      token: this.#api.token,
      scope: userId,
      transports: transportsOf(this.mode),
    });
    client.on('event', (event) => this.#apply(event));
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
    for (const timer of this.#readTimers.values()) clearTimeout(timer);
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

  // ---- rooms

  async openRoom(roomId) {
    this.store.currentRoomId = roomId;
    this.store.changed('rooms', 'timeline', 'people', 'typing');
    if (!roomId) return;
    if (this.#isSeen(roomId)) this.markRead(roomId);
    await Promise.all([this.#loadNewest(roomId), this.refreshPeople(roomId)]);
  }

  /** The person has seen the newest message. The server is told of the latest, once a second. */
  markRead(roomId) {
    if (!this.store.markRead(roomId)) return;
    const messageId = this.store.rooms.get(roomId).last_message?.id;
    if (!messageId) return;
    if (!this.#toTell.has(roomId)) {
      this.#readTimers.set(roomId, setTimeout(() => this.#tellRead(roomId), tellReadAfterMs));
    }
    this.#toTell.set(roomId, messageId);
  }

  #tellRead(roomId) {
    const messageId = this.#toTell.get(roomId);
    this.#toTell.delete(roomId);
    this.#quietly(() => this.#api.read(roomId, messageId));
  }

  async refreshPublicRooms() {
    const rooms = await this.#api.rooms();
    const { store } = this;
    store.publicRooms = rooms.filter(
      ({ id, visibility }) => visibility === 'public' && !store.rooms.has(id),
    );
    store.changed('rooms');
  }

  async createRoom(name, visibility, topic) {
    const room = await this.#api.createRoom(name, visibility, topic);
    this.store.addRoom(room);
    return room;
  }

  async joinRoom(roomId) {
    const room = await this.#api.joinRoom(roomId);
    this.store.addRoom(room);
    return room;
  }

  async leaveRoom(roomId) {
    await this.#api.leaveRoom(roomId);
    this.store.removeRoom(roomId);
    await this.refreshPublicRooms();
  }

  async refreshPeople(roomId) {
    const [members, presence] = await Promise.all([
      this.#api.members(roomId),
      this.#api.presence(roomId),
    ]);
    this.store.setMembers(roomId, members);
    this.store.setPresence(presence);
  }

  /** Adds someone by user name; false if there is no such person. */
  async addPerson(roomId, name) {
    const found = (await this.#api.findUsers(name)).find((user) => user.name === name);
    if (!found) return false;
    await this.#api.addMember(roomId, found.id);
    await this.refreshPeople(roomId);
    return true;
  }

  // ---- messages

  async #loadNewest(roomId) {
    const timeline = this.store.timeline(roomId);
    if (!timeline.loaded) await this.#loadPage(roomId, timeline, {});
  }

  async loadOlder(roomId) {
    const timeline = this.store.timeline(roomId);
    if (!timeline.loaded || !timeline.hasMore) return;
    await this.#loadPage(roomId, timeline, { before: timeline.messages[0]?.id });
  }

  async #loadPage(roomId, timeline, options) {
    if (timeline.loading) return;
    timeline.loading = true;
    this.store.changed('timeline');
    try {
      timeline.addPage(await this.#api.messages(roomId, options));
    } finally {
      timeline.loading = false;
      this.store.changed('timeline');
    }
  }

  send(roomId, text) {
    this.#typedAt = 0;
    this.#client.room(roomId).send(text).catch(() => {}); // what is refused is seen in `unsent`
  }

  /** The room's messages on their way, oldest first: see the client's OutboxItem. */
  unsent(roomId) {
    return this.#client?.outbox.filter((item) => item.room_id === roomId) ?? [];
  }

  retry(nonce) {
    this.#client.retry(nonce);
  }

  discard(nonce) {
    this.#client.discard(nonce);
  }

  /** Tells the others, at most as often as the server passes it on. Nobody misses it if it fails. */
  typed(roomId) {
    const now = Date.now();
    if (now - this.#typedAt < typingEveryMs) return;
    this.#typedAt = now;
    this.#api.typing(roomId).catch(() => {});
  }

  // ---- the stream

  #onStatus(status) {
    const live = status.state === 'live' && this.#lastState !== 'live';
    this.#lastState = status.state;
    this.#latencyMs = undefined;
    this.store.changed('timeline'); // what waits to be sent is shown by whether it can be
    if (live) {
      // Presence is not replayed: what was missed has to be asked for.
      const roomId = this.store.currentRoomId;
      if (roomId) this.#quietly(() => this.openRoom(roomId));
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
        if (error.status === 401) return this.#onEnded();
        await new Promise((resolve) => setTimeout(resolve, resyncMinMs + backoff.next()));
      }
    }
  }

  #apply(event) {
    const { store } = this;
    const { data, room_id: roomId } = event;
    switch (event.type) {
      case 'message.created':
        this.#messageCreated(data);
        break;
      case 'message.updated':
      case 'message.deleted':
        store.putMessage(data);
        break;
      case 'room.created':
      case 'room.updated':
        this.#roomChanged(roomId);
        break;
      case 'room.deleted':
        store.removeRoom(roomId);
        break;
      case 'member.joined':
      case 'member.left':
      case 'member.updated':
        this.#memberChanged(event.type, roomId, data.member?.user ?? data.user);
        break;
      case 'read.updated': // on another of one's devices
        if (data.seq >= (store.rooms.get(roomId)?.last_message?.seq ?? 0)) store.markRead(roomId);
        break;
      case 'typing':
        store.setTyping(roomId, data);
        break;
      case 'presence':
        if (data.users) store.setPresence(data.users);
        if (data.counts) store.setCounts(roomId, data.counts);
        break;
      default: // unknown types are for newer clients
    }
  }

  #messageCreated(message) {
    const { store } = this;
    store.addMessage(message);
    if (!this.#isReadBack(message.room_id)) store.timeline(message.room_id).forgetOld();
    if (message.author.id === store.user.id) return;
    if (this.#isSeen(message.room_id)) this.markRead(message.room_id);
    this.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  async #roomChanged(roomId) {
    await this.#quietly(async () => this.store.addRoom(await this.#api.room(roomId)));
  }

  async #memberChanged(type, roomId, user) {
    const isMe = user.id === this.store.user.id;
    if (isMe && type === 'member.left') {
      this.store.removeRoom(roomId);
    } else if (isMe && !this.store.rooms.has(roomId)) {
      await this.#roomChanged(roomId);
    } else if (roomId === this.store.currentRoomId) {
      await this.#quietly(() => this.refreshPeople(roomId));
    }
  }

  /** For refreshes that follow an event: a failure now is made good by the next one. */
  async #quietly(action) {
    try {
      await action();
    } catch {
      // offline, or gone from the room meanwhile
    }
  }
}

/** What the client may use: anything that is not a transport's name means all. */
const transportsOf = (mode) => (transports.includes(mode) ? [mode] : transports);
