import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as unread from '../../../web/js/state/unread.js';

const me = 'u_me';
const message = (number, more = {}) => ({ id: `m_${String(number).padStart(3, '0')}`, seq: number, author: { id: 'u_bob' }, ...more });
const room = (more = {}) => ({ ...unread.unreadOf({}), last_message: null, ...more });

function arrive(to, one, seen = false) {
  unread.count(to, one, me, { seen });
  to.last_message = one;
}

test('what comes unseen counts, mentions too; the line stands before the first of it', () => {
  const one = room({ last_message: message(3), readId: 'm_003' });
  arrive(one, message(4));
  arrive(one, message(5, { mentions: [me] }));
  assert.deepEqual([one.unread, one.mentions, one.line], [2, 1, { from: 'm_004' }]);
  assert.equal(unread.read(one, 'm_005', 5), true);
  assert.deepEqual([one.unread, one.mentions, one.readId], [0, 0, 'm_005']);
  assert.deepEqual(one.line, { from: 'm_004' }, 'it stays while the room is read');
  arrive(one, message(6), true);
  assert.deepEqual([one.unread, one.line], [0, { from: 'm_004' }]);
  arrive(one, message(7));
  assert.deepEqual(one.line, { from: 'm_007' }, 'what is new now begins further down');
  unread.settle(one);
  assert.equal(one.line, null);
});

test('a room of the snapshot that is opened has its line where reading had stopped; a room that is read has none', () => {
  const half = { ...unread.unreadOf({ unread_count: 2, mention_count: 1, last_read_message_id: 'm_007' }) };
  unread.open(half);
  assert.deepEqual(half.line, { after: 'm_007' });
  const never = { ...unread.unreadOf({ unread_count: 2, last_read_message_id: null }) };
  unread.open(never);
  assert.deepEqual(never.line, { after: '' });
  const read = { ...unread.unreadOf({ unread_count: 0, last_read_message_id: 'm_007' }) };
  unread.open(read);
  assert.equal(read.line, null);
});

test('reading on another device takes away as much as was read there, and never gives back', () => {
  const one = room({ last_message: message(9), unread: 4, mentions: 3 });
  assert.equal(unread.read(one, 'm_008', 8), true);
  assert.deepEqual([one.unread, one.mentions], [1, 1]);
  unread.read(one, 'm_005', 5);
  assert.deepEqual([one.unread, one.readId], [1, 'm_008']);
  unread.read(one, 'm_009', 9);
  assert.equal(unread.read(one, 'm_009', 9), false, 'nothing new');
});

test('an unread message that is deleted counts no more; one that was read, one\'s own, one deleted before change nothing', () => {
  const one = room({ readId: 'm_002', unread: 2, mentions: 1 });
  unread.uncount(one, message(2), me, message(2));
  unread.uncount(one, message(3, { author: { id: me } }), me, message(3));
  unread.uncount(one, message(3), me, message(3, { deleted_at: 'then' }));
  assert.deepEqual([one.unread, one.mentions], [2, 1]);
  unread.uncount(one, message(4, { mentions: [] }), me, message(4, { mentions: [me] }));
  assert.deepEqual([one.unread, one.mentions], [1, 0]);
});

test('of all rooms: what is unread, and what is for this person alone', () => {
  const rooms = [
    { kind: 'room', unread: 5, mentions: 1 },
    { kind: 'room', unread: 0, mentions: 0 },
    { kind: 'direct', unread: 2, mentions: 0 },
  ];
  assert.deepEqual(unread.totals(rooms), { unread: 7, forMe: 3 });
});

test('below the line is what comes after the last one read, or from the first one not seen', () => {
  const below = (line) => [6, 7, 8].map((number) => unread.isBelow(message(number), line));
  assert.deepEqual(below(null), [false, false, false]);
  assert.deepEqual(below({ after: 'm_007' }), [false, false, true]);
  assert.deepEqual(below({ from: 'm_007' }), [false, true, true]);
});
