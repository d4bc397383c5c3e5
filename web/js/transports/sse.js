// Events over Server-Sent Events, read with fetch so that the token stays in a header.
// See connection.js for what a transport promises its caller.

import { SseParser } from '../sse-parser.js';
import { connectQuery, refusal } from './query.js';

export class SseTransport {
  static id = 'sse';
  static provingBudgetMs = 6_000;

  #api;
  #handlers;
  #abort = new AbortController();
  #closed = false;
  #hello = null;
  #probed = false;
  #retryInMs;

  constructor(options, handlers) {
    this.#api = options.api;
    this.#handlers = handlers;
    this.#run(options).catch((error) => this.#fail('closed', { detail: String(error) }));
  }

  async #run({ cursor, session, fellBackFrom, reason }) {
    const query = connectQuery({ cursor, session, fellBackFrom, reason });
    const response = await fetch(`${this.#api.base}/rt/v1/sse?${query}`, {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${this.#api.token}` },
      cache: 'no-store',
      signal: this.#abort.signal,
    });
    const type = response.headers.get('Content-Type') ?? '';
    if (!response.ok || !type.startsWith('text/event-stream')) {
      this.#fail(refusal(response).cause, refusal(response));
      return;
    }
    const parser = new SseParser({
      onEvent: ({ data }) => this.#receive(data),
      onRetry: (milliseconds) => {
        this.#retryInMs = milliseconds;
      },
    });
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#closed) return;
      if (done) break;
      this.#handlers.onActivity();
      parser.push(decoder.decode(value, { stream: true }));
    }
    this.#fail('closed');
  }

  #receive(data) {
    if (this.#closed) return;
    const event = JSON.parse(data);
    this.#handlers.onEvent(event);
    if (this.#closed) return;
    if (event.type === 'hello') this.#hello = event;
    // hello alone may have been pushed out by what came after it; the second event shows that the
    // stream is not held back.
    else if (event.type === 'probe') this.#prove();
  }

  async #prove() {
    if (this.#probed || !this.#hello) return;
    this.#probed = true;
    const startedAt = performance.now();
    try {
      await this.#api.probe(this.#hello.session, this.#hello.probe, { signal: this.#abort.signal });
    } catch {
      this.#fail('one_way');
      return;
    }
    if (!this.#closed) this.#handlers.onProven(Math.round(performance.now() - startedAt));
  }

  async measure() {
    const startedAt = performance.now();
    await this.#api.hello({ signal: this.#abort.signal });
    return Math.round(performance.now() - startedAt);
  }

  #fail(cause, more = {}) {
    if (this.#closed) return;
    this.close();
    this.#handlers.onClosed({ retryInMs: this.#retryInMs, ...more, cause });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#abort.abort(new Error('closed'));
  }
}
