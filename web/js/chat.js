// What a signed-in person does: ties the REST calls, the stream, the store and the outbox together.
// The views call its methods and read its store.

import { Connection } from './connection.js';
import { Outbox } from './outbox.js';
import { Store } from './store.js';
import * as storage from './storage.js';

const typingEveryMs = 3_000;
const refreshPeopleEveryMs = 60_000;
const tellReadAfterMs = 1_000;
const modeKey = 'fairlead.transport';

export class Chat extends EventTarget {
  store = new Store();
  outbox;
  connection;

  #api;
  #isSeen;
  #typedAt = 0;
  #lastState = 'idle';
  #toTell = new Map(); // room id → the message up to which it is read, until the server is told
  #readTimers = new Map();
  #refreshTimer = null;

  /**
   * @param isSeen  (roomId) => whether the person is looking at this room just now
   * @param onEnded the server will not have this user any more
   */
  constructor({ api, isSeen, onEnded }) {
    super();
    this.#api = api;
    this.#isSeen = isSeen;
    this.connection = new Connection({
      api,
      onEvent: (event) => this.#apply(event),
      onStatus: (status) => this.#onStatus(status),
      onReset: () => this.#resync(),
      onEnded,
    });
  }

  async start() {
    const snapshot = await this.#api.sync();
    this.store.reset(snapshot);
    this.outbox = new Outbox({
      api: this.#api,
      userId: snapshot.user.id,
      onChange: () => this.store.changed('timeline'),
      onSent: (message) => this.store.putMessage(message, { growing: true }),
    });
    this.connection.setMode(storage.load(modeKey) ?? 'auto');
    this.connection.start(snapshot.cursor);
    // Presence events are at most once, and none says that presence is not known for a while.
    this.#refreshTimer = setInterval(() => {
      const roomId = this.store.currentRoomId;
      if (roomId && this.#isSeen(roomId)) this.#quietly(() => this.refreshPeople(roomId));
    }, refreshPeopleEveryMs);
    this.outbox.flush();
  }

  stop() {
    this.connection.stop();
    clearInterval(this.#refreshTimer);
    for (const timer of this.#readTimers.values()) clearTimeout(timer);
    this.outbox?.stop();
  }

  setMode(mode) {
    storage.save(modeKey, mode);
    this.connection.setMode(mode);
  }

  /** The network or the page is back. */
  nudge() {
    this.connection.nudge();
    this.outbox?.flush();
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
    this.outbox.add(roomId, text);
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
    if (live) {
      this.outbox?.flush();
      // Presence is not replayed: what was missed has to be asked for.
      const roomId = this.store.currentRoomId;
      if (roomId) this.#quietly(() => this.openRoom(roomId));
    }
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }

  async #resync() {
    const snapshot = await this.#api.sync();
    const { currentRoomId } = this.store;
    this.store.reset(snapshot);
    if (this.store.rooms.has(currentRoomId)) await this.openRoom(currentRoomId);
    return snapshot.cursor;
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
    if (message.author.id === store.user.id) {
      if (message.nonce) this.outbox.confirm(message.nonce);
      return;
    }
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
