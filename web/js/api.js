// The REST side of Fairlead (docs/PROTOCOL.md, sections 2-4). Knows nothing of the page.

/** An answer of the server that says no: RFC 9457 problem+json. */
export class ProblemError extends Error {
  constructor(status, problem, retryAfterSeconds) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.name = 'ProblemError';
    this.status = status;
    this.code = problem.code || '';
    this.fields = problem.fields || {};
    this.requestId = problem.request_id || '';
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** True if the same request may succeed later without a change. */
  get temporary() {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** No answer at all: the network, or nobody is listening. */
export class NetworkError extends Error {
  constructor(cause) {
    super('The server cannot be reached.');
    this.name = 'NetworkError';
    this.cause = cause;
  }
}

const requestTimeoutMs = 15_000;

export class Api {
  #token = null;
  #onUnauthorized;

  /** @param onUnauthorized called when the server no longer takes the token. */
  constructor({ base = '', onUnauthorized = () => {} } = {}) {
    this.base = base;
    this.#onUnauthorized = onUnauthorized;
  }

  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
  }

  async request(method, path, { body, signal, timeoutMs = requestTimeoutMs } = {}) {
    const token = this.#token;
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';

    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error('timeout')), timeoutMs);
    const giveUp = () => abort.abort(signal.reason);
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      const response = await fetch(this.base + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        credentials: 'same-origin',
        signal: abort.signal,
      });
      const text = await response.text();
      if (!response.ok) throw problemFrom(response, text);
      return text ? JSON.parse(text) : null;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof ProblemError) {
        // A late answer to a token that is no longer in use says nothing about the present one.
        if (error.status === 401 && token && token === this.#token) this.#onUnauthorized(error);
        throw error;
      }
      throw new NetworkError(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  #v1(method, path, options) {
    return this.request(method, `/api/v1${path}`, options);
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

  sendMessage(roomId, text, nonce) {
    const path = `/rooms/${encodeURIComponent(roomId)}/messages`;
    return this.#v1('POST', path, { body: { text, nonce } });
  }

  read(roomId, messageId) {
    const path = `/rooms/${encodeURIComponent(roomId)}/read`;
    return this.#v1('PUT', path, { body: { message_id: messageId } });
  }

  typing(roomId) {
    return this.#v1('POST', `/rooms/${encodeURIComponent(roomId)}/typing`);
  }

  /** The control: cheap, without auth. Tells an outage from a network that blocks a transport. */
  hello(options) {
    return this.request('GET', '/rt/v1/hello', options);
  }

  /** Shows the server that an SSE session's events arrive and that its answers do too. */
  probe(session, probe, options) {
    return this.request('POST', '/rt/v1/probe', { body: { session, probe }, ...options });
  }
}

function problemFrom(response, text) {
  let problem = {};
  try {
    problem = JSON.parse(text) || {};
  } catch {
    problem = {}; // a proxy's own error page: the status has to do
  }
  const retryAfter = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return new ProblemError(
    response.status,
    typeof problem === 'object' ? problem : {},
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}
