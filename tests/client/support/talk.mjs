// Two people who talk: Anna through a faulty network with the client under test, Ben with plain requests at the
// server itself. What both have written must reach Anna exactly once and in order.

import assert from 'node:assert/strict';
import { FairleadClient } from '../../../fallback/client/dist/index.js';
import { FaultProxy } from './proxy.mjs';
import { Server, until } from './server.mjs';
import { TestWebSocket } from './websocket.mjs';

let people = 0;

/** Waits that suit a server on the same machine. Trials come only where a test wants them. */
export const quick = {
  proofMinMs: 2_500,
  proofMaxMs: 2_500,
  lagMs: 1_000,
  coverAfterMs: 200,
  controlMs: 1_000,
  checkMs: 500,
  soakMs: 300,
  trialsMs: [3_600_000],
  backoffMinMs: 50,
  backoffMaxMs: 400,
};

export class Talk {
  /** Every event that Anna was given, in order. */
  events = [];
  /** Every status that Anna had. */
  statuses = [];
  #written = 0;

  /** On a server that nobody else has told anything about this network (its ladder would advise). */
  static async alone(options) {
    const talk = await Talk.begin(await new Server().start(), options);
    talk.ownsServer = true;
    return talk;
  }

  static async begin(server, { fault = {}, timing = {}, ...options } = {}) {
    const talk = new Talk();
    people += 1;
    const number = people; // others begin at the same time
    talk.server = server;
    talk.anna = await server.signUp(`anna${number}`);
    talk.ben = await server.signUp(`ben${number}`);
    const room = await server.call('POST', '/api/v1/rooms', {
      token: talk.anna.token,
      body: { name: `room ${number}`, visibility: 'public' },
    });
    talk.room = room.id;
    await server.call('POST', `/api/v1/rooms/${room.id}/join`, { token: talk.ben.token });
    talk.proxy = await new FaultProxy(server.url).start();
    talk.proxy.set(fault);
    talk.client = talk.newClient({ timing, ...options });
    return talk;
  }

  /** A client of Anna's; its events are kept in `events` if it is the first. */
  newClient({ timing = {}, events = this.events, ...options } = {}) {
    const client = new FairleadClient({
      url: this.proxy.url,
      token: this.anna.token,
      webSocket: TestWebSocket,
      timing: { ...quick, ...timing },
      ...options,
    });
    client.on('event', (event) => events.push(event));
    client.on('status', (status) => this.statuses.push(status));
    return client;
  }

  /** Both write so many messages, at the same time. */
  async talk(each) {
    const first = this.#written;
    this.#written += each * 2;
    const { client, room } = this;
    const anna = Array.from({ length: each }, (_, i) => client.room(room).send(`anna ${first + i}`));
    await this.#benSays(first, each);
    await until('all that Anna wrote was taken', settled(Promise.all(anna)), 40_000);
  }

  /** Ben alone writes so many messages. */
  async benSays(count) {
    const first = this.#written;
    this.#written += count;
    await this.#benSays(first, count);
  }

  async #benSays(first, count) {
    const { ben, room, server } = this;
    for (let i = 0; i < count; i += 1) {
      const body = { text: `ben ${first + i}` };
      await server.call('POST', `/api/v1/rooms/${room}/messages`, { token: ben.token, body });
    }
  }

  /** Ben alone writes so many messages. */
  async talkWithoutHer(count) {
    const { ben, room, server } = this;
    for (let i = 0; i < count; i += 1, this.#written += 1) {
      const body = { text: `ben ${this.#written}` };
      await server.call('POST', `/api/v1/rooms/${room}/messages`, { token: ben.token, body });
    }
  }

  texts(events = this.events) {
    return events.filter(({ type }) => type === 'message.created').map(({ data }) => data.text);
  }

  /** Waits until Anna has everything, and fails if anything came twice, not at all or out of order. */
  async check(events = this.events) {
    const { token } = this.ben;
    await until(
      () => `${this.texts(events).length} of ${this.#written} messages came; ${JSON.stringify(this.client.status)}`,
      () => this.texts(events).length >= this.#written,
      30_000,
    );
    const log = [];
    for (let after; log.length < this.#written; ) {
      const query = after ? `after=${after}&limit=200` : 'limit=200';
      const path = `/api/v1/rooms/${this.room}/messages?${query}`;
      const { messages } = after
        ? await this.server.call('GET', path, { token })
        : await this.#oldest(token);
      assert.ok(messages.length > 0, 'the history has as many messages as were written');
      log.push(...messages);
      after = messages.at(-1).id;
    }
    assert.deepEqual(this.texts(events), log.map(({ text }) => text));
    assert.equal(new Set(log.map(({ text }) => text)).size, this.#written);
    const own = this.texts(events).filter((text) => text.startsWith('anna'));
    const numbers = own.map((text) => Number(text.slice(5)));
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), 'her own come in the order she wrote them');
  }

  async #oldest(token) {
    const all = [];
    for (let before; ; ) {
      const query = before ? `?before=${before}&limit=200` : '?limit=200';
      const page = await this.server.call('GET', `/api/v1/rooms/${this.room}/messages${query}`, { token });
      all.unshift(...page.messages);
      if (!page.has_more) return { messages: all };
      before = page.messages[0].id;
    }
  }

  /** Waits until Anna's events come by this transport. */
  async settles(transport, fellBackFrom = undefined) {
    return until(
      () => `events come by ${transport}: ${JSON.stringify(this.client.status)}`,
      () => {
        const { status } = this.client;
        const blames = fellBackFrom === undefined || status.fellBackFrom === fellBackFrom;
        return status.state === 'live' && status.transport === transport && blames && status;
      },
      20_000,
    );
  }

  async end() {
    this.client.close();
    await this.proxy.stop();
    if (this.ownsServer) await this.server.stop();
  }
}

/** A function that says whether a promise has been kept; it throws what the promise threw. */
function settled(promise) {
  let is = false;
  let error;
  promise.then(
    () => (is = true),
    (reason) => (error = reason),
  );
  return () => {
    if (error) throw error;
    return is;
  };
}
