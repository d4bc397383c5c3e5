// Rooms, direct rooms, and who is in them. All reject with ProblemError or NetworkError.

export class Rooms {
  #api;
  #store;
  #asked = 0; // questions so far
  #answered = new Map(); // what was asked about a room => the number of the newest question that has its answer

  constructor({ api, store }) {
    this.#api = api;
    this.#store = store;
  }

  async refreshPublic() {
    const rooms = await this.#api.rooms();
    const store = this.#store;
    store.publicRooms = rooms.filter(({ id, visibility }) => visibility === 'public' && !store.rooms.has(id));
    store.changed('rooms');
  }

  async create(name, visibility, topic) {
    return this.#take(await this.#api.createRoom(name, visibility, topic));
  }

  async join(roomId) {
    return this.#take(await this.#api.joinRoom(roomId));
  }

  async leave(roomId) {
    await this.#api.leaveRoom(roomId);
    this.#store.removeRoom(roomId);
    await this.refreshPublic();
  }

  /** The one direct room with somebody, made if need be. */
  async direct(user) {
    return this.#take(await this.#api.direct(user.id));
  }

  /** A room of the person's that has changed. */
  async refresh(roomId) {
    await this.#update(roomId, () => this.#api.room(roomId));
  }

  /** Who is in the room, and who of them is here. */
  async refreshPeople(roomId) {
    const people = await this.#latest(`people ${roomId}`, () => Promise.all([this.#api.members(roomId), this.#api.presence(roomId)]));
    if (!people) return;
    const [members, presence] = people;
    if (this.#store.rooms.has(roomId)) this.#store.setMembers(roomId, members);
    this.#store.setPresence(presence);
  }

  /** People whose names begin like this, but for the person at this page. */
  async findPeople(prefix) {
    const users = await this.#api.findUsers(prefix);
    return users.filter(({ id }) => id !== this.#store.user.id);
  }

  /** Adds someone by user name; false if there is no such person. */
  async add(roomId, name) {
    const found = (await this.#api.findUsers(name)).find((user) => user.name === name);
    if (!found) return false;
    await this.#api.setMember(roomId, found.id);
    await this.refreshPeople(roomId);
    return true;
  }

  /** Changes what is given of {name, topic, visibility, slow_mode_seconds}. */
  async change(roomId, changes) {
    await this.#update(roomId, () => this.#api.updateRoom(roomId, changes));
  }

  /** For everybody, with all that was said in it. */
  async delete(roomId) {
    await this.#api.deleteRoom(roomId); // the stream says that it is gone
  }

  // ---- what moderators decide about a member

  async setRole(roomId, user, role) {
    this.#store.putMember(roomId, await this.#api.setMember(roomId, user.id, role));
  }

  async mute(roomId, user, seconds) {
    this.#store.putMember(roomId, await this.#api.mute(roomId, user.id, seconds));
  }

  async unmute(roomId, user) {
    await this.#api.unmute(roomId, user.id); // the stream says how they are now
  }

  async remove(roomId, user) {
    await this.#api.removeMember(roomId, user.id);
    await this.refreshPeople(roomId);
  }

  /** The answer; undefined if that to a later question has overtaken it. */
  async #latest(what, ask) {
    const number = ++this.#asked;
    const answer = await ask();
    if (number < (this.#answered.get(what) ?? 0)) return undefined;
    this.#answered.set(what, number);
    return answer;
  }

  /** What the server says of a room of the person's, unless they are out of it by then. */
  async #update(roomId, ask) {
    const room = await this.#latest(`room ${roomId}`, ask);
    if (room && this.#store.rooms.has(roomId)) this.#take(room);
  }

  #take(room) {
    this.#store.addRoom(room);
    return room;
  }
}
