// What holds connections together, with transports, a server and a clock of the test's own.

import './support/server.mjs'; // crypto for Node 18
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTiming, FairleadClient, memoryStore } from '../../fallback/client/dist/index.js';
import { Connection } from '../../fallback/client/dist/connection.js';
import { NetworkMemory } from '../../fallback/client/dist/memory.js';
import { Policy } from '../../fallback/client/dist/policy.js';
import { SharedStream } from '../../fallback/client/dist/tabs.js';
import { FakeClock, settle } from './support/clock.mjs';

/** A connection whose transports do nothing by themselves; `opened` has their handlers, the latest last. */
function newConnection(clock, timing) {
  const opened = [];
  const open = (_, handlers) => {
    const transport = { isOpen: true, close: () => (transport.isOpen = false) };
    opened.push({ ...handlers, plan: _.plan, transport });
    return transport;
  };
  const nothing = () => {};
  const connection = new Connection({
    ...{ clock, timing, open: { websocket: open, sse: open, poll: open } },
    api: { control: async () => ({ network: { key: 'net' } }), request: async () => ({ cursor: 'c0', events: [] }) },
    policy: new Policy(['websocket', 'sse', 'poll'], new NetworkMemory(memoryStore(), 'test'), timing, () => 0),
    ...{ onEvent: nothing, onStatus: nothing, onHello: nothing, onReset: nothing, onEnded: nothing },
  });
  return { connection, opened, last: (transport) => opened.findLast(({ plan }) => plan.transport === transport) };
}

test('what may not be used any more does not take over, however far it has come', async () => {
  const clock = new FakeClock();
  const timing = { ...defaultTiming, trialsMs: [1_000], soakMs: 1_000 };
  const { connection, opened, last } = newConnection(clock, timing);
  connection.start('c0');
  last('poll').proven(1);
  await settle();
  last('websocket').ended({ cause: 'silent' });
  await settle();
  last('sse').proven(1);
  const first = last('websocket');
  await clock.advance(1_500);
  assert.notEqual(last('websocket'), first, 'WebSocket is tried again, beside SSE');
  last('websocket').proven(1);
  await clock.advance(1_500);
  const attempt = opened.at(-1);
  assert.deepEqual([attempt.plan.transport, attempt.transport.isOpen], ['websocket', true], 'and shall take over');
  connection.allow(['sse']);
  assert.equal(attempt.transport.isOpen, false);
  last('poll').proven(1);
  await settle();
  last('sse').proven(1);
  assert.equal(connection.status.transport, 'sse');
  connection.stop();
});

test('there are three transports, and a fourth is a mistake that is told', () => {
  const options = { url: 'http://127.0.0.1:1', token: 't', store: memoryStore() };
  assert.throws(() => new FairleadClient({ ...options, transports: ['poll', 'carrier-pigeon'] }), /carrier-pigeon/);
  const client = new FairleadClient(options);
  assert.throws(() => client.setTransports(['web-socket']), TypeError);
  client.close();
});

/** A tab that follows, and a log that it catches up from; `asked` answers its polls. */
function newFollower() {
  const clock = new FakeClock();
  const asked = [];
  const channel = { postMessage() {}, close() {} };
  const given = [];
  const stream = new SharedStream({
    ...{ name: 'tabs', clock, timing: defaultTiming, connect: () => newConnection(clock, defaultTiming).connection },
    locks: { request: () => new Promise(() => {}) },
    openChannel: () => channel,
    api: { request: (_, __, { body }) => new Promise((resolve, reject) => asked.push({ body, resolve, reject })) },
    handlers: { onEvent: ({ cursor }) => given.push(cursor), onStatus() {} },
    onLead() {},
  });
  stream.start('c0');
  const eventOf = (number) => ({ type: 'message.created', cursor: `c${number}`, data: {} });
  const tell = (number) =>
    channel.onmessage({ data: { tell: 'event', event: eventOf(number), before: `c${number - 1}` } });
  const answer = async (to) => {
    const { body, resolve } = asked.shift();
    const from = Number(body.cursor.slice(1)) + 1;
    const events = Array.from({ length: Math.max(0, Math.min(to - from + 1, body.limit)) }, (_, i) => eventOf(from + i));
    resolve({ cursor: events.at(-1)?.cursor ?? body.cursor, events });
    await settle();
  };
  return { clock, stream, given, asked, tell, answer };
}

test('a tab that catches up for long keeps few of the events that come meanwhile, and gets all', async () => {
  const { stream, given, asked, tell, answer } = newFollower();
  for (let number = 2; number <= 2_600; number += 1) tell(number);
  assert.equal(asked.length, 1);
  await answer(100); // what had been said when it asked
  while (asked.length > 0) await answer(2_600);
  assert.deepEqual(given, Array.from({ length: 2_600 }, (_, i) => `c${i + 1}`));
  stream.stop();
});

test('a tab that catches up over a path that cuts long answers asks for fewer events, and for many again once it has them', async () => {
  const { clock, stream, given, asked, tell, answer } = newFollower();
  tell(8);
  for (const limit of [500, 50, 5, 1, 1]) {
    const { body, reject } = asked.shift();
    assert.equal(body.limit, limit);
    reject(new Error('cut'));
    await settle();
    await clock.advance(60_000);
  }
  while (asked.length > 0) await answer(8);
  assert.deepEqual(given, Array.from({ length: 8 }, (_, i) => `c${i + 1}`));
  tell(10);
  assert.equal(asked[0].body.limit, 500);
  stream.stop();
});

test('an answer that is none of the server\'s does not move a tab\'s cursor; when it stops, no timer is left', async () => {
  const { clock, stream, asked, tell } = newFollower();
  tell(2);
  for (const answer of [undefined, { events: [] }, { cursor: 'c5' }, 'hello']) {
    asked.shift().resolve(answer);
    await settle();
    assert.equal(stream.cursor, 'c0');
    assert.equal(clock.waiting, 1, 'it tries again');
    await clock.advance(60_000);
    assert.equal(asked.length, 1);
  }
  asked.shift().reject(new Error('gone'));
  await settle();
  stream.stop();
  assert.equal(clock.waiting, 0);
});
