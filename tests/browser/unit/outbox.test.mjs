import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { NetworkError, ProblemError } from '../../../web/js/api.js';
import { Outbox } from '../../../web/js/outbox.js';
import { settle } from '../../client/support/clock.mjs';

// localStorage is the browser's; here its few methods over a Map, kept over a "reload".
const stored = new Map();
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => stored.set(key, value),
  removeItem: (key) => stored.delete(key),
  key: (index) => [...stored.keys()][index] ?? null,
  get length() {
    return stored.size;
  },
};

globalThis.crypto ??= webcrypto; // not yet global in Node 18

let sent;
let answer;

const api = {
  async sendMessage(roomId, text, nonce) {
    sent.push({ roomId, text, nonce });
    return answer({ roomId, text, nonce });
  },
};

const open = () => new Outbox({ api, userId: 'u_1', onChange: () => {}, onSent: () => {} });
const texts = () => sent.map(({ text }) => text);

beforeEach(() => {
  for (const key of stored.keys()) stored.delete(key);
  sent = [];
  answer = ({ text, nonce }) => ({ text, nonce });
});

test('messages of a room are sent one after another, in the order they were written', async () => {
  const answers = [];
  answer = () => new Promise((done) => answers.push(done));
  const outbox = open();
  for (const text of ['one', 'two', 'three']) outbox.add('r_1', text);
  await settle();
  assert.deepEqual(texts(), ['one']);
  answers[0]({});
  await settle();
  assert.deepEqual(texts(), ['one', 'two']);
  answers[1]({});
  await settle();
  answers[2]({});
  await settle();
  assert.deepEqual(texts(), ['one', 'two', 'three']);
  assert.deepEqual(outbox.items('r_1'), []);
  assert.equal(stored.size, 0);
});

test('without a network they wait, survive a reload, and keep their nonce', async () => {
  answer = () => {
    throw new NetworkError(new Error('down'));
  };
  const before = open();
  before.add('r_1', 'one');
  before.add('r_1', 'two');
  await settle();
  before.stop();
  const [{ nonce }] = sent;
  assert.deepEqual(before.items('r_1').map(({ state }) => state), ['pending', 'pending']);

  sent = [];
  answer = () => ({});
  const afterwards = open();
  afterwards.flush();
  await settle();
  assert.deepEqual(texts(), ['one', 'two']);
  assert.equal(sent[0].nonce, nonce);
  assert.equal(stored.size, 0);
});

test('one that was seen in the stream is not sent again', async () => {
  answer = () => {
    throw new NetworkError(new Error('the answer was lost'));
  };
  const outbox = open();
  outbox.add('r_1', 'one');
  await settle();
  outbox.confirm(sent[0].nonce);
  outbox.flush();
  await settle();
  assert.equal(sent.length, 1);
  assert.deepEqual(outbox.items('r_1'), []);
  outbox.stop();
});

test('one that is refused says why, lets the next pass, and can be tried again', async () => {
  answer = ({ text }) => {
    if (text === 'bad') throw new ProblemError(422, { fields: { text: 'too long' } });
    return {};
  };
  const outbox = open();
  outbox.add('r_1', 'bad');
  outbox.add('r_1', 'good');
  await settle();
  assert.deepEqual(texts(), ['bad', 'good']);
  const [item] = outbox.items('r_1');
  assert.equal(item.state, 'failed');
  assert.equal(item.problem, 'too long');
  answer = () => ({});
  outbox.retry(item.nonce);
  await settle();
  assert.equal(sent.at(-1).nonce, item.nonce);
  assert.deepEqual(outbox.items('r_1'), []);
});

test('one room that waits does not hold up another', async () => {
  answer = ({ roomId }) => (roomId === 'r_1' ? new Promise(() => {}) : {});
  const outbox = open();
  outbox.add('r_1', 'waits');
  outbox.add('r_2', 'goes');
  await settle();
  assert.deepEqual(texts(), ['waits', 'goes']);
  assert.deepEqual(outbox.items('r_2'), []);
});
