// What the page knows, and how events change it. No network and no DOM in here.
// Emits 'change' with detail = a Set of topics: rooms, timeline, people, typing.

import { isModerator } from './ranks.js';
import { Timeline } from './timeline.js';
import * as unread from './unread.js';

const typingLastsMs = 5_000; // the server passes on one typing event each 3 s
const quotesMax = 500;
const timerMaxMs = 2 ** 31 - 1;

export class Store extends EventTarget {
  user = null;
  rooms = new Map(); // id → room of the contract + what unread.js says
  publicRooms = []; // those to join
  currentRoomId = null;
  timelines = new Map(); // room id → Timeline
  members = new Map(); // room id → Map of user id → {user, role, muted_until}
  presence = new Map(); // user id → {status, last_seen_at, transports}
  counts = new Map(); // large rooms: room id → {online, away, members}
  typing = new Map(); // room id → Map of user id → {name, until}
  quotes = new Map(); // message id → a message that another one answers; null if it cannot be had

  #topics = new Set();
  #now;
  #unmuting = null; // when the next mute is over

  constructor({ now = () => Date.now() } = {}) {
    super();
    this.#now = now;
  }

  /** Tells the views, once for everything that changed in this turn. */
  changed(...topics) {
    if (this.#topics.size === 0) {
      setTimeout(() => {
        const detail = this.#topics;
        this.#topics = new Set();
        this.dispatchEvent(new CustomEvent('change', { detail }));
      });
    }
    for (const topic of topics) this.#topics.add(topic);
  }

  /** Takes the snapshot of GET /sync: everything loaded before is forgotten. */
  reset({ user, rooms, presence }) {
    this.user = user;
    this.rooms = new Map(rooms.map((room) => [room.id, { ...room, ...unread.unreadOf(room) }]));
    for (const known of [this.timelines, this.members, this.typing, this.presence, this.counts, this.quotes]) known.clear();
    this.setPresence(presence);
    this.#awaitUnmuting();
    this.changed('rooms', 'timeline', 'people', 'typing');
  }

  // ---- rooms

  get currentRoom() {
    return this.rooms.get(this.currentRoomId);
  }

  /** Opens a room, or none; the line of the one that was open goes. */
  open(roomId) {
    if (roomId !== this.currentRoomId && this.currentRoom) unread.settle(this.currentRoom);
    this.currentRoomId = roomId;
    if (this.currentRoom) unread.open(this.currentRoom);
    this.changed('rooms', 'timeline', 'people', 'typing');
  }

  timeline(roomId) {
    let timeline = this.timelines.get(roomId);
    if (!timeline) {
      timeline = new Timeline();
      this.timelines.set(roomId, timeline);
    }
    return timeline;
  }

  /** New, or changed. What the stream says of it is the same for everybody: its role is null, and it does not say who is muted. */
  addRoom(room) {
    const old = { ...this.rooms.get(room.id), slow_mode_seconds: undefined };
    if (room.role) old.muted_until = undefined;
    this.rooms.set(room.id, { ...unread.unreadOf({}), ...old, ...room, role: room.role ?? old.role });
    this.#awaitUnmuting();
    this.publicRooms = this.publicRooms.filter(({ id }) => id !== room.id);
    this.changed('rooms');
  }

  removeRoom(roomId) {
    for (const known of [this.rooms, this.timelines, this.members]) known.delete(roomId);
    this.changed('rooms', 'timeline', 'people');
  }

  /** What to call a room: its name, or that of the other one in it. */
  titleOf(room) {
    if (!room) return '';
    if (room.kind !== 'direct') return room.name;
    // Until it is known who that is: the server names a direct room by both.
    return room.peer ? displayName(room.peer) : room.name.split(', ').filter((name) => name !== this.user?.name).join(', ');
  }

  /** When a room of one's own, or a member, may write again; null if they may now. */
  mutedUntil(roomOrMember) {
    const until = Date.parse(roomOrMember?.muted_until);
    return until > this.#now() ? new Date(until) : null;
  }

  /** Whether the person may write in a room, and change and react to what is there. */
  mayWrite(room) {
    return Boolean(room) && room.role !== 'reader' && !this.mutedUntil(room);
  }

  /** The seconds that this person waits between two messages in a room; 0: none. */
  slowMode(room) {
    return isModerator(room?.role) ? 0 : (room?.slow_mode_seconds ?? 0);
  }

  /** Up to the newest message. True if that is news to the server. */
  markRead(roomId) {
    const room = this.rooms.get(roomId);
    const last = room?.last_message;
    if (!last || !unread.read(room, last.id, last.seq)) return false;
    this.changed('rooms');
    return true;
  }

  /** Read on another of one's devices. */
  setRead(roomId, { message_id: messageId, seq }) {
    const room = this.rooms.get(roomId);
    if (room && unread.read(room, messageId, seq)) this.changed('rooms');
  }

  // ---- people

  setPresence(users) {
    for (const [id, presence] of Object.entries(users)) this.presence.set(id, presence);
    this.changed('people');
  }

  /** Rooms with many members tell how many are here, not who. */
  setCounts(roomId, counts) {
    this.counts.set(roomId, counts);
    this.changed('people');
  }

  setMembers(roomId, members) {
    this.members.set(roomId, new Map(members.map((member) => [member.user.id, member])));
    const room = this.rooms.get(roomId);
    const other = members.find(({ user }) => user.id === room?.peer?.id);
    if (other) room.peer = other.user; // they may have another name by now
    this.#awaitUnmuting();
    this.changed('people', 'rooms', 'timeline');
  }

  /** Somebody has another role, is muted, or not any more. */
  putMember(roomId, member) {
    const { user, role, muted_until: mutedUntil } = member;
    this.members.get(roomId)?.set(user.id, member);
    const room = this.rooms.get(roomId);
    if (room && user.id === this.user.id) Object.assign(room, { role, muted_until: mutedUntil });
    this.#awaitUnmuting();
    this.changed('people', 'rooms', 'timeline');
  }

  /** A mute that is over is not told: the views look again then. */
  #awaitUnmuting() {
    clearTimeout(this.#unmuting);
    let next = Infinity;
    for (const known of [this.rooms, ...this.members.values()]) {
      for (const one of known.values()) next = Math.min(next, this.mutedUntil(one) ?? Infinity);
    }
    if (next === Infinity) return;
    this.#unmuting = setTimeout(() => {
      this.#awaitUnmuting();
      this.changed('people', 'rooms', 'timeline');
    }, Math.min(next - this.#now(), timerMaxMs));
  }

  /** The users of a room by their user names; whom one may mention. */
  usersByName(roomId) {
    const users = [...(this.members.get(roomId)?.values() ?? [])].map(({ user }) => user);
    return new Map([...users, this.user].map((user) => [user.name, user]));
  }

  /** Someone's name, if a list of members that has been loaded says it. */
  nameOf(userId) {
    if (userId === this.user?.id) return displayName(this.user);
    for (const members of this.members.values()) {
      if (members.has(userId)) return displayName(members.get(userId).user);
    }
    return '';
  }

  typists(roomId) {
    const now = this.#now();
    return [...(this.typing.get(roomId)?.values() ?? [])].filter(({ until }) => until > now);
  }

  setTyping(roomId, { user_id: userId, name }) {
    if (userId === this.user.id) return;
    const typing = this.typing.get(roomId) ?? new Map();
    typing.set(userId, { name: this.nameOf(userId) || name, until: this.#now() + typingLastsMs });
    this.typing.set(roomId, typing);
    this.changed('typing');
    setTimeout(() => this.changed('typing'), typingLastsMs + 50);
  }

  // ---- messages

  /** A message that is new to everyone, from the stream. `seen`: it comes before the reader's eyes. */
  addMessage(message, { seen = false } = {}) {
    const room = this.rooms.get(message.room_id);
    this.timeline(message.room_id).put(message, { growing: true });
    this.typing.get(message.room_id)?.delete(message.author.id);
    if (room) {
      if (message.author.id !== this.user.id) unread.count(room, message, this.user.id, { seen });
      room.last_message = message;
    }
    this.changed('timeline', 'rooms', 'typing');
  }

  /** A newer state of a message that may be shown: edited, deleted, or just sent from here. */
  putMessage(message, { growing = false } = {}) {
    const timeline = this.timeline(message.room_id);
    const room = this.rooms.get(message.room_id);
    if (room && message.deleted_at) unread.uncount(room, message, this.user.id, timeline.find(message.id));
    timeline.put(message, { growing });
    if (this.quotes.has(message.id)) this.quotes.set(message.id, message);
    if (room && message.seq >= (room.last_message?.seq ?? 0)) room.last_message = message;
    this.changed('timeline', 'rooms');
  }

  react(roomId, change, added) {
    this.timeline(roomId).react(change, { added, isMe: change.user_id === this.user.id });
    this.changed('timeline');
  }

  /** The message that another one answers: undefined while it is not known, null if it cannot be had. */
  quoted(roomId, messageId) {
    return this.timeline(roomId).find(messageId) ?? this.quotes.get(messageId);
  }

  setQuote(messageId, message) {
    this.quotes.set(messageId, message);
    if (this.quotes.size > quotesMax) this.quotes.delete(this.quotes.keys().next().value);
    this.changed('timeline');
  }
}

export function displayName(user) {
  return user?.display_name || user?.name || '';
}
