// Events over a WebSocket. See connection.js for what a transport promises its caller.

import { connectQuery } from './query.js';

const ackTimeoutMs = 10_000;

export class WebSocketTransport {
  static id = 'websocket';
  /** How long it may take from the first byte to a proven round trip. */
  static provingBudgetMs = 5_000;

  #socket;
  #handlers;
  #closed = false;
  #opened = false;
  #nextRef = 1;
  #waiting = new Map(); // ref → {resolve, reject, timer}

  constructor({ api, cursor, session, fellBackFrom, reason }, handlers) {
    this.#handlers = handlers;
    const url = new URL(`${api.base}/rt/v1/ws`, globalThis.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = connectQuery({ cursor, session, fellBackFrom, reason });
    // A page cannot set headers here, so the token travels as a subprotocol, never in the URL.
    this.#socket = new WebSocket(url, ['fairlead.v1.json', `fairlead.bearer.${api.token}`]);
    this.#socket.onopen = () => {
      this.#opened = true;
    };
    this.#socket.onmessage = (message) => this.#receive(message.data);
    this.#socket.onclose = (event) => this.#ended(event.code, event.reason);
  }

  #receive(text) {
    if (this.#closed || typeof text !== 'string') return;
    this.#handlers.onActivity();
    const event = JSON.parse(text);
    if (event.type === 'ack' || event.type === 'error') {
      this.#answered(event);
      return;
    }
    this.#handlers.onEvent(event);
    if (event.type === 'hello' && !this.#closed) this.#prove(event.probe);
  }

  #prove(probe) {
    this.#command({ op: 'probe', probe }).then(
      (latencyMs) => this.#closed || this.#handlers.onProven(latencyMs),
      () => this.#fail('one_way'),
    );
  }

  /** Sends a command; resolves to the milliseconds until its answer, whatever that was. */
  #command(command) {
    const ref = String(this.#nextRef++);
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(ref);
        reject(new Error('no answer'));
      }, ackTimeoutMs);
      this.#waiting.set(ref, {
        timer,
        reject,
        resolve: () => resolve(Math.round(performance.now() - startedAt)),
      });
      this.#socket.send(JSON.stringify({ ...command, ref }));
    });
  }

  #answered(event) {
    const waiting = this.#waiting.get(event.ref);
    if (!waiting) return;
    this.#waiting.delete(event.ref);
    clearTimeout(waiting.timer);
    if (event.type === 'ack') waiting.resolve();
    else waiting.reject(new Error(event.error?.code ?? 'error'));
  }

  /** One round trip over this very socket, in milliseconds. */
  measure() {
    return this.#command({ op: 'ping' });
  }

  #ended(code, reason) {
    if (this.#closed) return;
    this.#fail(this.#opened ? 'closed' : 'refused', { code, detail: reason });
  }

  #fail(cause, more = {}) {
    if (this.#closed) return;
    this.close();
    this.#handlers.onClosed({ cause, ...more });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#socket.onmessage = null;
    this.#socket.close(1000);
  }
}
