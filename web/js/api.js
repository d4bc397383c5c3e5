// The REST calls of this page (docs/PROTOCOL.md), over the client's own HTTP: its timeouts, its errors.

import { systemClock } from 'fairlead-client/clock';
import { Api as Http } from 'fairlead-client/http';

export class Api {
  #http = new Http('', '', globalThis.fetch, systemClock);
  #onUnauthorized;

  /** @param onUnauthorized called when the server no longer takes the token. */
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
      if (error.status === 401 && token && token === this.token) this.#onUnauthorized(error);
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
    return this.#v1('GET', `/rooms/${encodeURIComponent(roomId)}`);
  }

  createRoom(name, visibility, topic) {
    const body = { name, visibility };
    if (topic) body.topic = topic;
    return this.#v1('POST', '/rooms', { body });
  }

  joinRoom(roomId) {
    return this.#v1('POST', `/rooms/${encodeURIComponent(roomId)}/join`);
  }

  leaveRoom(roomId) {
    return this.#v1('POST', `/rooms/${encodeURIComponent(roomId)}/leave`);
  }

  async members(roomId) {
    return (await this.#v1('GET', `/rooms/${encodeURIComponent(roomId)}/members`)).members;
  }

  async findUsers(prefix, limit = 20) {
    const query = new URLSearchParams({ q: prefix, limit: String(limit) });
    return (await this.#v1('GET', `/users?${query}`)).users;
  }

  addMember(roomId, userId, role = 'member') {
    const path = `/rooms/${encodeURIComponent(roomId)}/members/${encodeURIComponent(userId)}`;
    return this.#v1('PUT', path, { body: { role } });
  }

  async presence(roomId) {
    return (await this.#v1('GET', `/rooms/${encodeURIComponent(roomId)}/presence`)).users;
  }

  messages(roomId, { before, limit = 50 } = {}) {
    const query = new URLSearchParams({ limit: String(limit) });
    if (before) query.set('before', before);
    return this.#v1('GET', `/rooms/${encodeURIComponent(roomId)}/messages?${query}`);
  }

  read(roomId, messageId) {
    const path = `/rooms/${encodeURIComponent(roomId)}/read`;
    return this.#v1('PUT', path, { body: { message_id: messageId } });
  }

  typing(roomId) {
    return this.#v1('POST', `/rooms/${encodeURIComponent(roomId)}/typing`);
  }
}
