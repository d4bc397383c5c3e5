// The small parts of the client, each by itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../fallback/client/dist/clock.js';
import { Emitter, Queue } from '../../fallback/client/dist/emitter.js';
import { retryAfterMs } from '../../fallback/client/dist/http.js';
import { followPage } from '../../fallback/client/dist/lifecycle.js';
import { memoryStore, ProblemError } from '../../fallback/client/dist/index.js';
import { NetworkMemory } from '../../fallback/client/dist/memory.js';
import { Sequence } from '../../fallback/client/dist/sequence.js';
import { SseParser } from '../../fallback/client/dist/sse-parser.js';
import { kindOf } from '../../fallback/client/dist/verdict.js';
import { FakeClock } from './support/clock.mjs';

/** Gives events to a sequence as connections bring them; what is handed out. */
function merge(steps) {
  const sequence = new Sequence();
  sequence.begin('c0');
  const places = new Map();
  const out = [];
  for (const [leg, cursor] of steps) {
    if (cursor === 'open') {
      places.set(leg, sequence.place());
      continue;
    }
    const judgement = sequence.judge(places.get(leg), cursor);
    if (judgement === 'gap') out.push(`gap on ${leg}`);
    if (judgement !== 'next') continue;
    out.push(cursor);
    sequence.passed(places.get(leg), cursor);
  }
  return out;
}

test('two connections make one sequence, whichever is ahead', () => {
  const out = merge([
    ['a', 'open'], ['a', 'c1'], ['b', 'open'], ['b', 'c2'], ['a', 'c2'], ['a', 'c3'], ['a', 'c4'],
    ['b', 'c3'], ['b', 'c4'], ['b', 'c5'], ['a', 'c5'],
  ]);
  assert.deepEqual(out, ['c1', 'c2', 'c3', 'c4', 'c5']);
});

test('a connection that skips something is found out, and nothing of it is handed out', () => {
  const out = merge([['a', 'open'], ['b', 'open'], ['a', 'c1'], ['a', 'c2'], ['b', 'c1'], ['b', 'c3'], ['a', 'c3']]);
  assert.deepEqual(out, ['c1', 'c2', 'gap on b', 'c3']);
});

test('a connection that is far behind does not make anything come twice', () => {
  const sequence = new Sequence();
  sequence.begin('start');
  const [fast, slow] = [sequence.place(), sequence.place()];
  for (let i = 0; i < 10_000; i += 1) {
    assert.equal(sequence.judge(fast, `c${i}`), 'next');
    sequence.passed(fast, `c${i}`);
  }
  assert.equal(sequence.judge(slow, 'c0'), 'gap');
});

test('a place of before a new beginning is worth nothing', () => {
  const sequence = new Sequence();
  sequence.begin('a');
  const place = sequence.place();
  sequence.begin('b');
  assert.equal(sequence.judge(place, 'c'), 'gap');
  assert.equal(sequence.judge(sequence.place(), 'c'), 'next');
});

test('the cursor follows where a poll stands, but not one that is behind', () => {
  const sequence = new Sequence();
  sequence.begin('c0');
  const [a, b] = [sequence.place(), sequence.place()];
  sequence.passed(a, 'c1');
  sequence.moved(b, 'c0.5');
  assert.equal(sequence.cursor, 'c1');
  sequence.moved(a, 'c1.5');
  assert.equal(sequence.cursor, 'c1.5');
  assert.equal(sequence.last, 'c1');
});

test('an event stream is read however it is cut', () => {
  const stream = '\uFEFFretry: 5\r\n\r\n: padding\n\nid: c1\ndata: {"a":1}\n\ndata: two\r\rdata:lines\ndata: of it\n\ndata: unfinished';
  const wanted = ['{"a":1}', 'two', 'lines\nof it'];
  for (let size = 1; size <= stream.length; size += 1) {
    const got = [];
    const parser = new SseParser((data) => got.push(data));
    for (let at = 0; at < stream.length; at += size) parser.push(stream.slice(at, at + size));
    assert.deepEqual(got, wanted, `in pieces of ${size}`);
  }
});

test('an end that says several things is judged by the gravest', () => {
  assert.equal(kindOf({ cause: 'closed', closeCode: 4001, bye: { type: 'bye', code: 'going_away' } }), 'unauthorized');
  assert.equal(kindOf({ cause: 'closed', closeCode: 1006, bye: { type: 'bye', code: 'restart' } }), 'orderly');
  assert.equal(kindOf({ cause: 'closed', closeCode: 1006 }), 'fault');
  assert.equal(kindOf({ cause: 'refused', status: 503 }), 'fault');
  assert.equal(kindOf({ cause: 'one_way', bye: { type: 'bye', code: 'unproven' } }), 'fault');
});

test('a listener that throws does not keep the others from hearing', () => {
  const thrown = [];
  const emitter = new Emitter((error) => thrown.push(error.message));
  const heard = [];
  emitter.on('event', () => {
    throw new Error('mine');
  });
  const stop = emitter.on('event', (value) => heard.push(value));
  emitter.emit('event', 1);
  stop();
  emitter.emit('event', 2);
  assert.deepEqual(heard, [1]);
  assert.deepEqual(thrown, ['mine', 'mine']);
});

test('an iterator gets what came before it asked, then the error, then no more', async () => {
  let over = 0;
  const queue = new Queue(() => (over += 1));
  const asked = queue.next();
  queue.push(1);
  queue.push(2);
  queue.end(new Error('the end'));
  assert.deepEqual(await asked, { value: 1, done: false });
  assert.deepEqual(await queue.next(), { value: 2, done: false });
  await assert.rejects(queue.next(), /the end/);
  assert.equal((await queue.next()).done, true);
  assert.equal(over, 1);
});

test('an iterator that nobody reads does not fill the memory', async () => {
  const queue = new Queue(() => {});
  for (let i = 0; i < 10_001; i += 1) queue.push(i);
  await assert.rejects(queue.next(), { name: 'FellBehindError' });
});

test('a page: hidden for a moment nothing, for longer a check; away it lets go', async () => {
  const clock = new FakeClock();
  const did = [];
  const stream = {
    status: { state: 'live' },
    stop: () => did.push('stop'),
    wake: () => did.push('wake'),
    check: async () => did.push('check'),
    setHidden: (hidden) => did.push(hidden ? 'hidden' : 'shown'),
  };
  const page = { window: new EventTarget(), document: new EventTarget(), network: new EventTarget() };
  const show = (state) => {
    page.document.visibilityState = state;
    page.document.dispatchEvent(new Event('visibilitychange'));
  };
  page.document.visibilityState = 'visible';
  const leave = followPage(page, stream, clock);
  show('hidden');
  show('visible');
  assert.deepEqual(did.splice(0), ['shown', 'hidden', 'shown']);
  show('hidden');
  await clock.advance(5_000);
  show('visible');
  assert.deepEqual(did.splice(0), ['hidden', 'shown', 'check']);
  page.window.dispatchEvent(new Event('online'));
  page.network.dispatchEvent(new Event('change'));
  assert.deepEqual(did.splice(0), ['check', 'check']);
  page.window.dispatchEvent(new Event('pageshow'));
  page.window.dispatchEvent(new Event('pagehide'));
  page.window.dispatchEvent(new Event('pageshow'));
  assert.deepEqual(did.splice(0), ['stop', 'wake']);
  leave();
  page.window.dispatchEvent(new Event('online'));
  assert.deepEqual(did, []);
});

test('to come back later is obeyed for ten minutes at most, and never before now', () => {
  const asked = (value) => retryAfterMs(new Response(null, { headers: { 'Retry-After': value } }));
  assert.deepEqual(['7', '0', '86400', '99999999999', '-5', 'Wed, 21 Oct 2026 07:28:00 GMT'].map(asked),
    [7_000, 0, 600_000, 600_000, undefined, undefined]);
  const overWebSocket = (seconds) => new ProblemError(429, { code: 'slow_mode', retry_after_s: seconds }).retryInMs;
  assert.deepEqual([21_600, 0, -5, 'soon', undefined].map(overWebSocket), [21_600_000, 0, undefined, undefined, undefined]);
});

test('a wait longer than timers can count does not end at once', async () => {
  const timer = systemClock.setTimeout(() => assert.fail('it has fired'), 2 ** 40);
  await new Promise((done) => setTimeout(done, 50));
  systemClock.clearTimeout(timer);
});

test('an event that never ends does not fill the memory, in one line or in many', () => {
  for (const piece of ['data: x'.repeat(10_000), `data: ${'x'.repeat(70_000)}\n`]) {
    const parser = new SseParser(() => assert.fail('no event has ended'));
    let pushed = 0;
    const push = () => {
      parser.push(piece);
      pushed += piece.length;
    };
    assert.throws(() => {
      while (pushed < 4_000_000) push();
    }, RangeError);
    assert.ok(pushed > 900_000, 'what the server may send is taken');
  }
});

test('who begins anew when handed an event stands where they wanted to stand', () => {
  const sequence = new Sequence();
  sequence.begin('c0');
  const place = sequence.place();
  assert.equal(sequence.judge(place, 'c1'), 'next');
  sequence.begin('c9'); // by a listener
  const anew = sequence.place();
  sequence.passed(place, 'c1');
  assert.equal(sequence.cursor, 'c9');
  assert.equal(sequence.judge(anew, 'c10'), 'next');
});

test('what was learned of networks is of no harm if somebody else has written there', () => {
  for (const text of ['{"net":{"used":1}}', '{"net":null,"b":5}', '[1]', '"net"', 'no JSON', '{"net":{"demoted":null}}']) {
    const store = memoryStore();
    new NetworkMemory(store, 'x').demote('other', 'sse', 0);
    store.set(store.keys()[0], text);
    const memory = new NetworkMemory(store, 'x');
    assert.equal(memory.worked('net', 0), undefined);
    assert.equal(memory.isDemoted('net', 'websocket', 0), false);
    memory.demote('net', 'websocket', 0);
    assert.equal(memory.isDemoted('net', 'websocket', 1), true);
  }
});
