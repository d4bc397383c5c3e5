import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../../../web/js/state/timeline.js';

const message = (seq, more = {}) => ({ id: `m_${seq}`, seq, text: `text ${seq}`, ...more });
const page = (from, to, hasMore) => ({
  messages: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)),
  has_more: hasMore,
});
const seqs = (timeline) => timeline.messages.map(({ seq }) => seq);

test('what comes while the first page is on its way is kept, in order and once', () => {
  const timeline = new Timeline();
  timeline.loading = true;
  timeline.put(message(4), { growing: true });
  timeline.put(message(5), { growing: true });
  timeline.addPage(page(1, 4, false));
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4, 5]);
});

test('what comes before any page was asked for is left to that page', () => {
  const timeline = new Timeline();
  timeline.put(message(4), { growing: true });
  assert.deepEqual(seqs(timeline), []);
});

test('one\'s own message that was answered early lets the earlier ones in before it', () => {
  const timeline = new Timeline();
  timeline.addPage(page(1, 2, false));
  timeline.put(message(5), { growing: true });
  timeline.put(message(3), { growing: true });
  timeline.put(message(4), { growing: true });
  timeline.put(message(5), { growing: true });
  assert.deepEqual(seqs(timeline), [1, 2, 3, 4, 5]);
});

test('a deleted message stays as a tombstone without its text', () => {
  const timeline = new Timeline();
  timeline.addPage(page(1, 3, false));
  timeline.put({ id: 'm_2', seq: 2, deleted_at: '2026-01-01T00:00:00.000Z' });
  assert.equal(timeline.messages[1].text, undefined);
  assert.ok(timeline.messages[1].deleted_at);
});

test('a change of a message that is not loaded makes no hole', () => {
  const timeline = new Timeline();
  timeline.addPage(page(51, 100, true));
  timeline.put(message(3));
  timeline.put(message(3), { growing: true });
  assert.equal(timeline.messages[0].seq, 51);
  timeline.addPage(page(1, 50, false));
  assert.equal(timeline.messages.length, 100);
});

test('a room in which much is said does not fill the memory; what was forgotten can be loaded again', () => {
  const timeline = new Timeline();
  timeline.addPage(page(1, 50, false));
  for (let seq = 51; seq <= 10_000; seq += 1) {
    timeline.put(message(seq), { growing: true });
    timeline.forgetOld();
    assert.ok(timeline.messages.length <= 2_000);
  }
  assert.equal(timeline.messages.at(-1).seq, 10_000);
  assert.equal(timeline.hasMore, true);
  const [{ seq: first }] = timeline.messages;
  timeline.put(message(first - 1), { growing: true });
  assert.equal(timeline.messages[0].seq, first, 'it comes with its page');
  timeline.addPage(page(first - 50, first - 1, true));
  assert.deepEqual(seqs(timeline).slice(0, 3), [first - 50, first - 49, first - 48]);
});

test('nothing is forgotten while an older page is on its way: there would be a hole', () => {
  const timeline = new Timeline();
  timeline.addPage(page(1_000, 4_000, true));
  timeline.loading = true;
  timeline.forgetOld();
  assert.equal(timeline.messages.length, 3_001);
  timeline.loading = false;
  timeline.forgetOld();
  assert.equal(timeline.messages.length, 1_000);
});

test('after a jump into the history new messages wait for their page; when it has come they are followed again', () => {
  const timeline = new Timeline();
  timeline.addPage(page(151, 200, true));
  timeline.jump(page(40, 60, true), 200);
  assert.deepEqual([timeline.hasMore, timeline.hasNewer], [true, true]);
  timeline.put(message(201), { growing: true });
  timeline.put(message(50, { text: 'edited' }));
  assert.equal(timeline.messages.at(-1).seq, 60);
  assert.equal(timeline.find('m_50').text, 'edited');
  timeline.addNewerPage(page(61, 200, false));
  assert.equal(timeline.hasNewer, true, '201 was said meanwhile');
  timeline.addNewerPage(page(201, 201, false));
  assert.equal(timeline.hasNewer, false);
  timeline.put(message(202), { growing: true });
  assert.deepEqual(seqs(timeline), Array.from({ length: 163 }, (_, index) => 40 + index));
});

test('a jump to near the end needs no further page; one to the beginning knows it', () => {
  const timeline = new Timeline();
  timeline.jump(page(1, 20, true), 20);
  assert.deepEqual([timeline.hasMore, timeline.hasNewer], [false, false]);
});

test('whoever scrolls back for ever does not fill the memory: the newest ones go, and can be loaded again', () => {
  const timeline = new Timeline();
  for (let from = 9_951; from > 0; from -= 50) timeline.addPage(page(from, from + 49, from > 1));
  assert.ok(timeline.messages.length <= 4_000);
  assert.deepEqual([timeline.messages[0].seq, timeline.hasNewer], [1, true]);
  for (let from = timeline.messages.at(-1).seq + 1; from <= 10_000; from += 50) {
    timeline.addNewerPage(page(from, Math.min(from + 49, 10_000), from + 49 < 10_000));
  }
  assert.ok(timeline.messages.length <= 4_000);
  assert.deepEqual([timeline.messages.at(-1).seq, timeline.hasNewer, timeline.hasMore], [10_000, false, true]);
});

test('reactions come and go; which are one\'s own is known though events do not say it', () => {
  const timeline = new Timeline();
  timeline.addPage(page(1, 2, false));
  const change = (emoji, count) => ({ message_id: 'm_1', emoji, count });
  timeline.react(change('👍', 1), { added: true, isMe: true });
  timeline.react(change('👍', 2), { added: true, isMe: false });
  timeline.react(change('🎉', 1), { added: true, isMe: false });
  const reactions = () => timeline.find('m_1').reactions;
  assert.deepEqual(reactions(), [{ emoji: '👍', count: 2, me: true }, { emoji: '🎉', count: 1, me: false }]);
  const event = { ...timeline.find('m_1'), text: 'edited', reactions: reactions().map((one) => ({ ...one, me: false })) };
  timeline.put(event);
  assert.equal(reactions()[0].me, true);
  timeline.react(change('👍', 1), { added: false, isMe: true });
  timeline.react(change('🎉', 0), { added: false, isMe: false });
  assert.deepEqual(reactions(), [{ emoji: '👍', count: 1, me: false }]);
  timeline.react({ message_id: 'm_9', emoji: '👍', count: 1 }, { added: true, isMe: false });
});
