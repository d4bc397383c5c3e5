import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowsOf } from '../../../web/js/ui/timeline-rows.js';

const ann = { id: 'u_ann', name: 'ann', display_name: 'Ann' };
const bob = { id: 'u_bob', name: 'bob', display_name: 'Bob' };
const start = Date.UTC(2026, 4, 4, 12);
const message = (seq, author, more = {}) => ({
  id: `m_${seq}`,
  seq,
  author,
  text: `text ${seq}`,
  created_at: new Date(start + seq * 1_000).toISOString(),
  ...more,
});
const rows = (messages, more = {}) => rowsOf({ messages, unsent: [], me: ann, isLive: true, ...more });
const kinds = (list) => list.map(({ kind, heads }) => (kind === 'message' ? (heads ? 'head' : 'more') : kind));

test('a day, then messages; one heading for what one person says in a row', () => {
  assert.deepEqual(kinds(rows([message(1, bob), message(2, bob), message(3, ann)])), ['day', 'head', 'more', 'head']);
});

test('another day begins with its own line and heading; so does a pause', () => {
  const later = (seq, ms) => message(seq, bob, { created_at: new Date(start + ms).toISOString() });
  assert.deepEqual(kinds(rows([later(1, 0), later(2, 600_000), later(3, 3 * 86_400_000)])), ['day', 'head', 'head', 'day', 'head']);
});

test('the line stands before the first new message of somebody else, once', () => {
  const messages = [message(1, bob), message(2, bob), message(3, ann), message(4, bob), message(5, bob)];
  assert.deepEqual(kinds(rows(messages, { line: { after: 'm_2' } })), ['day', 'head', 'more', 'head', 'new', 'head', 'more']);
  assert.equal(kinds(rows(messages, { line: { after: '' } }))[1], 'new');
  assert.ok(!kinds(rows(messages, { line: { after: 'm_5' } })).includes('new'));
  assert.ok(!kinds(rows(messages)).includes('new'));
});

test('what is on its way stands at the end, and keeps its place when it is sent', () => {
  const item = { nonce: 'n1', room_id: 'r_1', text: 'soon', queued_at: start + 9_000, state: 'pending' };
  const waiting = rows([message(1, bob)], { unsent: [item], isLive: false }).at(-1);
  assert.deepEqual([waiting.state, waiting.waiting], ['pending', true]);
  const both = rows([message(2, ann, { nonce: 'n1', text: 'soon' })], { unsent: [item] });
  assert.equal(both.length, 2, 'the day, and one message');
  assert.equal(both.at(-1).key, waiting.key);
  const others = rows([message(2, bob, { nonce: 'n1' })], { unsent: [item] });
  assert.equal(others.length, 3, 'the same nonce of somebody else is another message');
});

test('an answer has a few words of what it answers, or says that it is gone', () => {
  const known = { m_1: message(1, bob, { text: `${'long '.repeat(60)}` }), m_2: null, m_3: message(3, bob, { deleted_at: 'then', text: undefined }) };
  const quoteOf = (id) => rows([message(9, ann, { reply_to: id })], { quoted: (one) => known[one] }).at(-1).quote;
  assert.equal(quoteOf('m_1').name, 'Bob');
  assert.ok(quoteOf('m_1').text.endsWith('…') && quoteOf('m_1').text.length < 150);
  assert.match(quoteOf('m_2').text, /deleted/);
  assert.match(quoteOf('m_3').text, /deleted/);
  assert.equal(quoteOf('m_4').text, undefined);
});

test('a row is drawn again when what is seen of it changes, and only then', () => {
  const stamp = (more, how) => rows([message(1, bob, more)], how).at(-1).stamp;
  const plain = stamp();
  assert.equal(stamp(), plain);
  const users = new Map([['ann', ann]]);
  const mention = { text: '@ann', mentions: ['u_ann'] };
  assert.notEqual(stamp(mention), stamp(mention, { users }), 'a name that is known now');
  for (const more of [{ text: 'x' }, { edited_at: 'now' }, { deleted_at: 'now' }, { reactions: [{ emoji: '👍', count: 1, me: true }] }]) {
    assert.notEqual(stamp(more), plain);
  }
});

test('what stands behind one that waits, waits; what was refused holds nobody up', () => {
  const item = (nonce, more) => ({ nonce, room_id: 'r_1', text: nonce, queued_at: start, state: 'pending', ...more });
  const waiting = (unsent) => rows([], { unsent }).filter(({ kind }) => kind === 'message').map((row) => row.waiting);
  assert.deepEqual(waiting([item('n1'), item('n2')]), [false, false]);
  assert.deepEqual(waiting([item('n1', { state: 'failed', waiting: true }), item('n2')]), [false, false]);
  assert.deepEqual(waiting([item('n1'), item('n2', { waiting: true }), item('n3'), item('n4', { state: 'failed' })]), [false, true, true, false]);
});
