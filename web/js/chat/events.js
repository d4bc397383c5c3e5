// What the stream says, and what the page makes of it.

/**
 * @param rooms to ask for what an event does not say
 * @param isSeen (roomId) => whether the person is looking at this room just now
 * @param isReadBack (roomId) => whether the person has scrolled back in this room
 * @param onMessage called with each message of somebody else
 * @param onGone called with a room that is deleted, and 'deleted', or that somebody has put this person out of, and 'removed'
 */
export class Events {
  #store;
  #rooms;
  #reading;
  #isSeen;
  #isReadBack;
  #onMessage;
  #onGone;

  constructor({ store, rooms, reading, isSeen, isReadBack, onMessage, onGone }) {
    this.#store = store;
    this.#rooms = rooms;
    this.#reading = reading;
    this.#isSeen = isSeen;
    this.#isReadBack = isReadBack;
    this.#onMessage = onMessage;
    this.#onGone = onGone;
  }

  apply({ type, data, room_id: roomId }) {
    const store = this.#store;
    switch (type) {
      case 'message.created':
        return this.#messageCreated(data);
      case 'message.updated':
      case 'message.deleted':
        return store.putMessage(data);
      case 'reaction.added':
      case 'reaction.removed':
        return store.react(roomId, data, type === 'reaction.added');
      case 'room.created':
      case 'room.updated':
        return this.#roomChanged(data);
      case 'room.deleted':
        return this.#gone(roomId, 'deleted');
      case 'member.joined':
      case 'member.left':
      case 'member.updated':
        return this.#memberChanged(type, roomId, data);
      case 'read.updated':
        return store.setRead(roomId, data);
      case 'typing':
        return store.setTyping(roomId, data);
      case 'presence':
        if (data.users) store.setPresence(data.users);
        if (data.counts) store.setCounts(roomId, data.counts);
        return undefined;
      default: // unknown types are for newer clients
        return undefined;
    }
  }

  #messageCreated(message) {
    const { id, room_id: roomId, author } = message;
    const mine = author.id === this.#store.user.id;
    const seen = !mine && this.#isSeen(roomId);
    this.#store.addMessage(message, { seen });
    if (!this.#isReadBack(roomId)) this.#store.timeline(roomId).forgetOld();
    if (mine) return;
    if (seen) this.#reading.tell(roomId, id);
    this.#onMessage(message);
  }

  /** The room is known at once, for what is said in it with the next event; the server says what it is to this person. */
  #roomChanged(room) {
    this.#store.addRoom(room);
    this.#quietly(this.#rooms.refresh(room.id));
  }

  #memberChanged(type, roomId, { member, room, user, reason }) {
    const isMe = (member?.user ?? member ?? user).id === this.#store.user.id;
    if (isMe && type === 'member.left') this.#gone(roomId, reason);
    else if (type === 'member.updated') this.#store.putMember(roomId, member);
    else if (isMe && room) this.#roomChanged(room);
    else if (roomId === this.#store.currentRoomId) this.#quietly(this.#rooms.refreshPeople(roomId));
  }

  #gone(roomId, why) {
    const room = this.#store.rooms.get(roomId);
    this.#store.removeRoom(roomId);
    if (room && why !== 'left') this.#onGone(room, why);
  }

  /** For refreshes that follow an event: a failure now is made good by the next one. */
  #quietly(promise) {
    promise.catch(() => {}); // offline, or gone from the room meanwhile
  }
}
