// Events by long poll: finished responses, which pass everything that passes HTTP at all.
// See connection.js for what a transport promises its caller.

import { connectQuery, refusal } from './query.js';

const holdSeconds = 20;
const graceMs = 15_000; // beyond the hold, before a poll counts as lost

export class PollTransport {
  static id = 'poll';
  static provingBudgetMs = 10_000;

  #api;
  #handlers;
  #abort = new AbortController();
  #closed = false;

  constructor(options, handlers) {
    this.#api = options.api;
    this.#handlers = handlers;
    this.#run(options).catch((error) => this.#fail('closed', { detail: String(error) }));
  }

  async #run({ cursor, session, fellBackFrom, reason }) {
    const startedAt = performance.now();
    // The first is a short poll: it is answered at once, and that is the proof.
    let timeout = 0;
    while (!this.#closed) {
      const query = connectQuery({ cursor, session, fellBackFrom, reason, timeout });
      const answer = await this.#poll(query, timeout);
      if (!answer || this.#closed) return;
      this.#handlers.onActivity();
      for (const event of answer.events) {
        this.#handlers.onEvent(event);
        if (this.#closed) return;
      }
      // Only asking with the new cursor tells the server that these events have arrived.
      cursor = answer.cursor;
      session = answer.session;
      this.#handlers.onCursor(cursor);
      if (answer.superseded) {
        this.#fail('superseded');
        return;
      }
      if (answer.events.some((event) => event.type === 'bye')) {
        this.#fail('closed');
        return;
      }
      if (timeout === 0) {
        fellBackFrom = undefined;
        timeout = holdSeconds;
        this.#handlers.onProven(Math.round(performance.now() - startedAt));
      }
      if (answer.poll_again_ms > 0) await pause(answer.poll_again_ms, this.#abort.signal);
    }
  }

  /** One poll; undefined if it was refused or lost (and then the transport is closed). */
  async #poll(query, timeout) {
    const timer = setTimeout(() => this.#fail('silent'), timeout * 1000 + graceMs);
    try {
      const response = await fetch(`${this.#api.base}/rt/v1/poll?${query}`, {
        headers: { Accept: 'application/json', Authorization: `Bearer ${this.#api.token}` },
        cache: 'no-store',
        signal: this.#abort.signal,
      });
      if (response.ok) return await response.json();
      this.#fail(refusal(response).cause, refusal(response));
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async measure() {
    const startedAt = performance.now();
    await this.#api.hello({ signal: this.#abort.signal });
    return Math.round(performance.now() - startedAt);
  }

  #fail(cause, more = {}) {
    if (this.#closed) return;
    this.close();
    this.#handlers.onClosed({ ...more, cause });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort.abort(new Error('closed'));
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
