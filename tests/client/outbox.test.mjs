// Messages on their way, with a clock and a server of the test's own.

import './support/server.mjs'; // crypto for Node 18
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defaultTiming, memoryStore, NetworkError, ProblemError } from '../../fallback/client/dist/index.js';
import { Outbox } from '../../fallback/client/dist/outbox.js';
import { FakeClock, settle } from './support/clock.mjs';

let clock;
let store;
let sent;
let answer;
let kept;

const open = () => {
  const outbox = new Outbox({
    store,
    scope: 'u_1',
    clock,
    timing: defaultTiming,
    send: async (item) => {
      sent.push(item);
      return answer(item);
    },
    onTaken: () => {},
    onSent: ({ nonce }) => kept.push(nonce),
    onChange: () => {},
  });
  outbox.flush();
  return outbox;
};
const texts = () => sent.map(({ text }) => text);
const write = (outbox, room_id, text) => outbox.send({ room_id, text });

beforeEach(() => {
  clock = new FakeClock();
  store = memoryStore();
  sent = [];
  kept = [];
  answer = ({ text, nonce }) => ({ text, nonce });
});

test('messages of a room go one after another, in the order they were written', async () => {
  const answers = [];
  answer = () => new Promise((done) => answers.push(done));
  const outbox = open();
  for (const text of ['one', 'two', 'three']) write(outbox, 'r_1', text);
  for (let i = 0; i < 3; i += 1) {
    await settle();
    assert.equal(sent.length, i + 1);
    answers[i]({ id: `m_${i}` });
  }
  await settle();
  assert.deepEqual(texts(), ['one', 'two', 'three']);
  assert.deepEqual(outbox.items, []);
  assert.deepEqual(store.keys(), []);
});

test('one room that waits does not hold up another', async () => {
  answer = ({ room_id }) => (room_id === 'r_1' ? new Promise(() => {}) : {});
  const outbox = open();
  write(outbox, 'r_1', 'waits');
  write(outbox, 'r_1', 'waits, too');
  write(outbox, 'r_2', 'goes');
  await settle();
  assert.deepEqual(texts(), ['waits', 'goes']);
});

test('without a network they wait, survive the page, and keep their nonce and their order', async () => {
  answer = () => {
    throw new NetworkError('down');
  };
  const before = open();
  write(before, 'r_1', 'one');
  write(before, 'r_1', 'two');
  await clock.advance(60_000);
  assert.ok(sent.length > 3, 'it was tried again and again');
  assert.deepEqual([...new Set(texts())], ['one'], 'the second does not overtake the first');
  const [{ nonce }] = sent;
  before.stop();

  sent = [];
  answer = () => ({});
  const after = open();
  after.adopt();
  await settle();
  assert.deepEqual(texts(), ['one', 'two']);
  assert.equal(sent[0].nonce, nonce);
  assert.deepEqual(store.keys(), []);
});

test('one that was seen in the stream is not sent again', async () => {
  answer = () => {
    throw new NetworkError('the answer was lost');
  };
  const outbox = open();
  const promise = write(outbox, 'r_1', 'one');
  await settle();
  outbox.confirm({ id: 'm_2', nonce: sent[0].nonce, room_id: 'r_2' });
  assert.equal(outbox.items.length, 1, 'what somebody says in another room is none of it');
  outbox.confirm({ id: 'm_1', nonce: sent[0].nonce, room_id: 'r_1' });
  assert.equal((await promise).id, 'm_1');
  await clock.advance(60_000);
  assert.equal(sent.length, 1);
  assert.deepEqual(kept, [sent[0].nonce]);
});

test('one that could not be sent at once is marked as waiting; that it was sent is told once', async () => {
  const outbox = open();
  answer = () => new Promise(() => {});
  write(outbox, 'r_1', 'under way');
  await settle();
  assert.equal(outbox.items[0].waiting, undefined);
  answer = () => {
    throw new NetworkError('down');
  };
  write(outbox, 'r_2', 'waits');
  await settle();
  assert.deepEqual(outbox.items.map(({ waiting }) => waiting), [undefined, true]);
  answer = ({ nonce }) => ({ nonce });
  await clock.advance(60_000);
  assert.deepEqual(kept, [sent.at(-1).nonce]);
});

test('one that is refused says why, lets the next pass, and can be tried again', async () => {
  answer = ({ text }) => {
    if (text === 'bad') throw new ProblemError(422, { code: 'invalid_fields', fields: { text: 'too long' } });
    return {};
  };
  const outbox = open();
  const bad = write(outbox, 'r_1', 'bad');
  await write(outbox, 'r_1', 'good');
  await assert.rejects(bad, { status: 422 });
  assert.deepEqual(outbox.items.map(({ state, problem }) => [state, problem]), [['failed', 'too long']]);
  answer = () => ({});
  outbox.retry(outbox.items[0].nonce);
  await settle();
  assert.equal(sent.at(-1).nonce, sent[0].nonce);
  assert.deepEqual(outbox.items, []);
});

test('a limit on the rate is waited out; a server that keeps failing is given up after five times', async () => {
  answer = () => {
    throw new ProblemError(429, {}, 7_000);
  };
  const started = clock.now();
  const outbox = open();
  const promise = write(outbox, 'r_1', 'one');
  await clock.advance(6_900);
  assert.equal(sent.length, 1);
  assert.deepEqual(outbox.items.map(({ waiting, retry_at: at }) => [waiting, at]), [[true, started + 7_000]]);
  await clock.advance(200);
  assert.equal(sent.length, 2);
  answer = () => {
    throw new ProblemError(500, {});
  };
  await clock.advance(10 * 60_000);
  assert.equal(sent.length, 7);
  await assert.rejects(promise, { status: 500 });
});

test('what another tab has sent meanwhile is not sent by the one that found it in the store', async () => {
  const first = open();
  answer = () => {
    throw new NetworkError('down');
  };
  write(first, 'r_1', 'one');
  await settle();
  const second = open();
  second.adopt();
  await settle();
  sent = [];
  answer = () => ({});
  first.flush();
  await settle();
  await clock.advance(60_000);
  assert.equal(sent.length, 1);
  assert.deepEqual(second.items, []);
});

test('a thousand may wait, not more', async () => {
  answer = () => new Promise(() => {});
  const outbox = open();
  for (let i = 0; i < 1_000; i += 1) write(outbox, 'r_1', String(i));
  await assert.rejects(write(outbox, 'r_1', 'one too many'), RangeError);
});

test('a server that is too busy, and says to come back at once, is not asked again at once', async () => {
  for (const retryInMs of [0, undefined]) {
    answer = () => {
      throw new ProblemError(429, { code: 'rate_limited' }, retryInMs);
    };
    sent = [];
    const outbox = open();
    write(outbox, 'r_1', 'one');
    await settle();
    assert.equal(sent.length, 1);
    outbox.stop();
  }
});

test('what a proxy refuses in its own words is tried again', async () => {
  answer = () => {
    throw new ProblemError(403, {});
  };
  const outbox = open();
  const promise = write(outbox, 'r_1', 'one');
  await settle();
  assert.equal(outbox.items[0].state, 'pending');
  answer = ({ nonce }) => ({ id: 'm_1', nonce });
  await clock.advance(60_000);
  assert.equal((await promise).id, 'm_1');
});

test('after the end no timer is left, also of a message that was under way', async () => {
  let fail;
  answer = () => new Promise((_, reject) => (fail = reject));
  const outbox = open();
  write(outbox, 'r_1', 'one');
  await settle();
  outbox.stop(new Error('closed'));
  fail(new NetworkError('down'));
  await settle();
  assert.equal(clock.waiting, 0);
});

test('the same nonce again is the same message, whether it is under way, refused or left by an earlier page', async () => {
  const send = (outbox, text = 'one') => outbox.send({ room_id: 'r_1', text, nonce: 'n1' });
  answer = () => new Promise(() => {});
  const before = open();
  const promises = [send(before), send(before)];
  assert.equal(promises[0], promises[1]);
  before.stop(new Error('closed'));
  answer = () => {
    throw new ProblemError(422, { code: 'invalid_fields' });
  };
  const outbox = open();
  outbox.adopt();
  await assert.rejects(send(outbox), { status: 422 });
  answer = ({ nonce }) => ({ id: 'm_1', nonce });
  assert.equal((await send(outbox)).id, 'm_1');
  assert.deepEqual(outbox.items, []);
});

test('a message that is no JSON is refused at once and stands in nobody\'s way', async () => {
  const outbox = open();
  const metadata = {};
  metadata.self = metadata;
  assert.throws(() => outbox.send({ room_id: 'r_1', text: 'one', metadata }), TypeError);
  await write(outbox, 'r_1', 'two');
  assert.deepEqual(texts(), ['two']);
  assert.deepEqual(outbox.items, []);
});

test('messages of somebody whose name goes on after ours are not ours', () => {
  store.set('fairlead.outbox.u_1.a.n1', JSON.stringify({ nonce: 'n1', room_id: 'r_1', text: 'hers', queued_at: 1, state: 'pending' }));
  const outbox = open();
  outbox.adopt();
  assert.deepEqual(outbox.items, []);
  assert.equal(store.keys().length, 1);
});

test('what is discarded while it is on its way and then refused is not kept', async () => {
  let refuse;
  answer = () => new Promise((_, no) => (refuse = no));
  const outbox = open();
  const sending = write(outbox, 'r_1', 'one');
  const [{ nonce }] = outbox.items;
  outbox.discard(nonce);
  await assert.rejects(sending, /discarded/);
  refuse(new ProblemError(422, { code: 'invalid_fields' }));
  await settle();
  assert.deepEqual(store.keys(), []);
});

test('what waits long because of a room goes as soon as that has changed', async () => {
  answer = () => {
    throw new ProblemError(429, { code: 'slow_mode' }, 3_600_000);
  };
  const outbox = open();
  for (const text of ['one', 'two']) write(outbox, 'r_1', text);
  write(outbox, 'r_2', 'elsewhere');
  await settle();
  sent = [];
  answer = () => ({});
  outbox.wake('r_1');
  outbox.wake('r_3');
  await settle();
  assert.deepEqual(texts(), ['one', 'two']);
  assert.deepEqual(outbox.items.map(({ text }) => text), ['elsewhere']);
});

test('that a room has changed counts also for what is refused just then', async () => {
  let refuse;
  answer = () => new Promise((_, reject) => {
    refuse = () => reject(new ProblemError(429, { code: 'slow_mode' }, 3_600_000));
  });
  const outbox = open();
  write(outbox, 'r_1', 'one');
  await settle();
  outbox.wake('r_1');
  answer = () => ({});
  refuse();
  await settle();
  assert.deepEqual(texts(), ['one', 'one']);
  assert.deepEqual(outbox.items, []);
});
