// Sends numbered messages beside the page, over REST through the same nginx, at a steady pace, so that
// a test can see whether each came once and in order.

import assert from 'node:assert/strict';

export class Sender {
  #url;
  #token;
  #next = 1;
  #running = null;
  #stopping = false;

  constructor({ stack, token, roomId }) {
    this.#url = `${stack.url}/api/v1/rooms/${roomId}/messages`;
    this.#token = token;
  }

  /** Sends the next `count`, one after another. */
  async send(count) {
    for (let sent = 0; sent < count; sent += 1) await this.#one();
  }

  /** Sends one each `everyMs` until stop(). */
  start(everyMs) {
    this.#stopping = false;
    this.#running = (async () => {
      while (!this.#stopping) {
        await this.#one();
        await new Promise((done) => setTimeout(done, everyMs));
      }
    })();
    this.#running.catch(() => {}); // stop() reports it
  }

  /** Ends what start() began; the texts of everything sent so far. */
  async stop() {
    this.#stopping = true;
    await this.#running;
    return this.texts();
  }

  get count() {
    return this.#next - 1;
  }

  texts() {
    return Array.from({ length: this.count }, (_, index) => textOf(index + 1));
  }

  async #one() {
    const text = textOf(this.#next);
    const response = await this.#post(text);
    assert.ok([200, 201].includes(response.status), `${response.status} ${await response.text()}`);
    await response.arrayBuffer().catch(() => {});
    this.#next += 1;
  }

  /** Tries until the server takes it: the same nonce makes it one message. */
  async #post(text) {
    const deadline = Date.now() + 30_000;
    for (;;) {
      try {
        const response = await fetch(this.#url, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.#token}` },
          body: JSON.stringify({ text, nonce: `${this.#url}#${text}`.slice(-60) }),
        });
        if (response.status < 500) return response;
        await response.arrayBuffer();
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      if (Date.now() > deadline) throw new Error('the server did not come back');
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

const textOf = (number) => `number ${number}`;
