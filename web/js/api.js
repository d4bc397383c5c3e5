// The REST calls of this page (docs/PROTOCOL.md), over the client's own HTTP: its timeouts, its errors.

import { systemClock } from 'fairlead-client/clock';
import { Api as Http, path } from 'fairlead-client/http';

export class Api {
  #http = new Http('', '', keepingPuts, systemClock);
  #onUnauthorized;

  /** @param onUnauthorized called when the server no longer takes the token. A proxy's own 401 is not its word. */
  constructor({ onUnauthorized = () => {} } = {}) {
    this.#onUnauthorized = onUnauthorized;
  }

  get token() {
    return this.#http.token;
  }

  set token(token) {
    this.#http.token = token ?? '';
  }

  /** Throws the client's ProblemError or NetworkError. */
  async #v1(method, path, options) {
    const { token } = this;
    try {
      return await this.#http.request(method, `/api/v1${path}`, options);
    } catch (error) {
      // A late answer to a token that is no longer in use says nothing about the present one.
      if (isSignedOut(error) && token && token === this.token) this.#onUnauthorized(error);
      throw error;
    }
  }

  signUp(name, password, displayName) {
    const body = { name, password };
    if (displayName) body.display_name = displayName;
    return this.#v1('POST', '/users', { body });
  }

  signIn(name, password) {
    return this.#v1('POST', '/sessions', { body: { name, password } });
  }

  signOut() {
    return this.#v1('DELETE', '/sessions/current');
  }

  sync() {
    return this.#v1('GET', '/sync');
  }

  async rooms() {
    return (await this.#v1('GET', '/rooms')).rooms;
  }

  room(roomId) {
    return this.#v1('GET', path`/rooms/${roomId}`);
  }

  createRoom(name, visibility, topic) {
    const body = { name, visibility };
    if (topic) body.topic = topic;
    return this.#v1('POST', '/rooms', { body });
  }

  joinRoom(roomId) {
    return this.#v1('POST', path`/rooms/${roomId}/join`);
  }

  leaveRoom(roomId) {
    return this.#v1('POST', path`/rooms/${roomId}/leave`);
  }

  async members(roomId) {
    return (await this.#v1('GET', path`/rooms/${roomId}/members`)).members;
  }

  async findUsers(prefix, limit = 20) {
    const query = new URLSearchParams({ q: prefix, limit: String(limit) });
    return (await this.#v1('GET', `/users?${query}`)).users;
  }

  /** Changes name, topic, visibility, slow_mode_seconds: what is given of them. */
  updateRoom(roomId, changes) {
    return this.#v1('PATCH', path`/rooms/${roomId}`, { body: changes });
  }

  deleteRoom(roomId) {
    return this.#v1('DELETE', path`/rooms/${roomId}`);
  }

  /** Gives someone a role, and makes a member of who is none. */
  setMember(roomId, userId, role = 'member') {
    return this.#v1('PUT', path`/rooms/${roomId}/members/${userId}`, { body: { role } });
  }

  removeMember(roomId, userId) {
    return this.#v1('DELETE', path`/rooms/${roomId}/members/${userId}`);
  }

  mute(roomId, userId, seconds) {
    return this.#v1('PUT', path`/rooms/${roomId}/members/${userId}/mute`, { body: { seconds } });
  }

  unmute(roomId, userId) {
    return this.#v1('DELETE', path`/rooms/${roomId}/members/${userId}/mute`);
  }

  async presence(roomId) {
    return (await this.#v1('GET', path`/rooms/${roomId}/presence`)).users;
  }

  /** The one direct room with somebody. */
  direct(userId) {
    return this.#v1('POST', path`/direct/${userId}`);
  }

  // ---- messages

  /** A page of them, oldest first. @param place at most one of {before, after, around}: a message's id */
  messages(roomId, place = {}, limit = 50) {
    const query = new URLSearchParams({ ...place, limit: String(limit) });
    return this.#v1('GET', path`/rooms/${roomId}/messages` + `?${query}`);
  }

  message(roomId, messageId) {
    return this.#v1('GET', path`/rooms/${roomId}/messages/${messageId}`);
  }

  edit(roomId, messageId, text) {
    return this.#v1('PATCH', path`/rooms/${roomId}/messages/${messageId}`, { body: { text } });
  }

  delete(roomId, messageId) {
    return this.#v1('DELETE', path`/rooms/${roomId}/messages/${messageId}`);
  }

  /** Reacts, or takes a reaction back. */
  react(roomId, messageId, emoji, on) {
    return this.#v1(on ? 'PUT' : 'DELETE', path`/rooms/${roomId}/messages/${messageId}/reactions/${emoji}`);
  }

  read(roomId, messageId) {
    return this.#v1('PUT', path`/rooms/${roomId}/read`, { body: { message_id: messageId } });
  }

  typing(roomId) {
    return this.#v1('POST', path`/rooms/${roomId}/typing`);
  }

  /** {messages, complete}; only in one room if `roomId` is given. */
  search(words, roomId, signal) {
    const query = new URLSearchParams({ q: words, limit: '30', ...(roomId ? { room: roomId } : {}) });
    return this.#v1('GET', `/search?${query}`, { signal });
  }

  /** {messages, has_more}: unread mentions and direct messages, newest first. */
  inbox(before) {
    const query = new URLSearchParams({ limit: '30', ...(before ? { before } : {}) });
    return this.#v1('GET', `/inbox?${query}`);
  }
}

/** What is put is small, and arrives also if the page goes meanwhile: what was read last is told then. */
const keepingPuts = (url, init) => fetch(url, { ...init, keepalive: init.method === 'PUT' });

/** True if it is the server that does not take the token any more. */
export const isSignedOut = ({ status, code }) => status === 401 && Boolean(code);
