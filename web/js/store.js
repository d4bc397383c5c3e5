// What the page knows, and how events change it. No network and no DOM in here.
// Emits 'change' with detail = a Set of topics: rooms, timeline, people, typing.

const keptMin = 1_000; // messages of a room that nobody scrolls back in; twice as many at most
const typingLastsMs = 5_000; // the server passes on one typing event each 3 s

export class Store extends EventTarget {
  user = null;
  rooms = new Map(); // id → room of the contract + unread
  publicRooms = []; // those to join
  currentRoomId = null;
  timelines = new Map(); // room id → Timeline
  members = new Map(); // room id → Map of user id → {user, role}
  presence = new Map(); // user id → {status, last_seen_at, transports}
  counts = new Map(); // large rooms: room id → {online, away, members}
  typing = new Map(); // room id → Map of user id → {name, until}

  #topics = new Set();
  #now;

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
    this.rooms = new Map(rooms.map((room) => [room.id, { ...room, unread: room.unread_count ?? 0 }]));
    this.timelines.clear();
    this.members.clear();
    this.typing.clear();
    this.presence.clear();
    this.counts.clear();
    this.setPresence(presence);
    this.changed('rooms', 'timeline', 'people', 'typing');
  }

  get currentRoom() {
    return this.rooms.get(this.currentRoomId);
  }

  timeline(roomId) {
    let timeline = this.timelines.get(roomId);
    if (!timeline) {
      timeline = new Timeline();
      this.timelines.set(roomId, timeline);
    }
    return timeline;
  }

  addRoom(room) {
    this.rooms.set(room.id, { unread: 0, ...this.rooms.get(room.id), ...room });
    this.publicRooms = this.publicRooms.filter(({ id }) => id !== room.id);
    this.changed('rooms');
  }

  removeRoom(roomId) {
    this.rooms.delete(roomId);
    this.timelines.delete(roomId);
    this.members.delete(roomId);
    this.changed('rooms', 'timeline', 'people');
  }

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
    this.changed('people');
  }

  /** Someone's name, if a list of members that has been loaded says it. */
  nameOf(userId) {
    if (userId === this.user?.id) return displayName(this.user);
    for (const members of this.members.values()) {
      if (members.has(userId)) return displayName(members.get(userId).user);
    }
    return '';
  }

  /** True if there was something unread. */
  markRead(roomId) {
    const room = this.rooms.get(roomId);
    if (!room?.unread) return false;
    room.unread = 0;
    this.changed('rooms');
    return true;
  }

  typists(roomId) {
    const now = this.#now();
    return [...(this.typing.get(roomId)?.values() ?? [])].filter(({ until }) => until > now);
  }

  // ---- messages

  /** A message that is new to everyone, from the stream. */
  addMessage(message) {
    const room = this.rooms.get(message.room_id);
    this.timeline(message.room_id).put(message, { growing: true });
    this.typing.get(message.room_id)?.delete(message.author.id);
    if (room) {
      room.last_message = message;
      if (message.author.id !== this.user.id) room.unread += 1;
    }
    this.changed('timeline', 'rooms', 'typing');
  }

  /** A newer state of a message that may be shown: edited, deleted, or just sent from here. */
  putMessage(message, { growing = false } = {}) {
    this.timeline(message.room_id).put(message, { growing });
    const room = this.rooms.get(message.room_id);
    if (room && message.seq >= (room.last_message?.seq ?? 0)) room.last_message = message;
    this.changed('timeline', 'rooms');
  }

  setTyping(roomId, { user_id: userId, name }) {
    if (userId === this.user.id) return;
    const typing = this.typing.get(roomId) ?? new Map();
    typing.set(userId, { name: this.nameOf(userId) || name, until: this.#now() + typingLastsMs });
    this.typing.set(roomId, typing);
    this.changed('typing');
    setTimeout(() => this.changed('typing'), typingLastsMs + 50);
  }
}

/** The messages of a room that are loaded: one run without holes, oldest first. */
export class Timeline {
  messages = [];
  hasMore = true;
  loaded = false; // the newest page is here
  loading = false;

  /**
   * Puts one in its place by `seq`: a newer state of one that is here, or, if `growing`, a new one.
   * What is older than the loaded run is left out; it comes with its page. So is everything before
   * the first page has been asked for.
   */
  put(message, { growing = false } = {}) {
    if (!this.loaded && !this.loading) return;
    const { messages } = this;
    let index = messages.length;
    while (index > 0 && messages[index - 1].seq > message.seq) index -= 1;
    const before = messages[index - 1];
    const inRun = index > 0 || messages.length === 0 || !this.hasMore;
    if (before?.id === message.id) messages[index - 1] = message;
    else if (growing && inRun) messages.splice(index, 0, message);
  }

  /** Forgets the oldest ones of a long run: they can be loaded again. Not while somebody looks at them. */
  forgetOld() {
    // A page that is on its way ends where the run begins now.
    if (this.loading || this.messages.length <= 2 * keptMin) return;
    this.messages.splice(0, this.messages.length - keptMin);
    this.hasMore = true;
  }

  /** Takes a page of history; pages come newest first, what is in them oldest first. */
  addPage({ messages, has_more: hasMore }) {
    // What the stream has brought meanwhile is at least as new as the page.
    const known = new Set(this.messages.map(({ id }) => id));
    this.messages.push(...messages.filter(({ id }) => !known.has(id)));
    this.messages.sort((a, b) => a.seq - b.seq);
    this.hasMore = hasMore;
    this.loaded = true;
  }
}

export function displayName(user) {
  return user?.display_name || user?.name || '';
}
