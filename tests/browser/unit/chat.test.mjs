// What the stream and the REST calls make of the store, with a server of the test's own.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Events } from '../../../web/js/chat/events.js';
import { History } from '../../../web/js/chat/history.js';
import { Rooms } from '../../../web/js/chat/rooms.js';
import { Store } from '../../../web/js/state/store.js';
import './custom-event.mjs';

const me = { id: 'u_me', name: 'me', display_name: '' };
const bob = { id: 'u_bob', name: 'bob', display_name: 'Bob' };
const direct = { id: 'r_1', kind: 'direct', name: 'bob, me', visibility: 'private' };
const message = (seq, more = {}) => ({
  id: `m_${String(seq).padStart(3, '0')}`,
  seq,
  room_id: 'r_1',
  author: bob,
  text: `text ${seq}`,
  created_at: '2026-05-04T12:00:00.000Z',
  ...more,
});
const from = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => message(first + index));
const settle = () => new Promise((done) => setTimeout(done, 1));

let store;
let log; // of the room, as the server has it
let asked; // pages: {place, answer()}

beforeEach(() => {
  store = new Store();
  store.reset({ user: me, rooms: [], presence: {} });
  log = from(1, 300);
  asked = [];
});

const pageOf = ({ before, after, around }) => {
  const at = log.findIndex(({ id }) => id === (before ?? after ?? around));
  const [first, last] = before ? [at - 50, at] : after ? [at + 1, at + 51] : around ? [at - 25, at + 25] : [log.length - 50, log.length];
  return { messages: log.slice(Math.max(0, first), last), has_more: after ? last < log.length : first > 0 };
};

const api = {
  messages: (roomId, place) =>
    new Promise((resolve, reject) => {
      const answer = pageOf(place); // of now; it may be late
      asked.push({ place, answer: () => resolve(answer), fail: reject });
    }),
  room: async () => ({ ...direct, role: 'member', peer: bob }),
  members: async () => [{ user: me }, { user: bob }],
  presence: async () => ({}),
};

function events() {
  const rooms = new Rooms({ api, store });
  const heard = [];
  const reading = { tell: (roomId, id) => heard.push(['read', id]) };
  const isSeen = (roomId) => roomId === store.currentRoomId;
  const stream = new Events({
    store,
    rooms,
    reading,
    isSeen,
    isReadBack: () => false,
    onMessage: ({ id }) => heard.push(['new', id]),
    onGone: ({ id }, why) => heard.push([why, id]),
  });
  return { stream, heard };
}

/** Answers what is asked until nothing is. */
async function answerAll() {
  await settle();
  while (asked.length > 0) {
    asked.shift().answer();
    await settle();
  }
}

const seqs = () => store.timeline('r_1').messages.map(({ seq }) => seq);
const isOneRun = () => assert.deepEqual(seqs(), Array.from({ length: seqs().length }, (_, index) => seqs()[0] + index));

test('the first words of somebody new count, though room and words come at once', async () => {
  const { stream, heard } = events();
  const joined = { member: { user: me, role: 'member' }, room: direct };
  stream.apply({ type: 'member.joined', room_id: 'r_1', data: joined });
  stream.apply({ type: 'message.created', room_id: 'r_1', data: message(1, { mentions: ['u_me'] }) });
  await settle();
  const room = store.rooms.get('r_1');
  assert.deepEqual([room.unread, room.mentions, room.role], [1, 1, 'member']);
  assert.equal(store.titleOf(room), 'Bob');
  assert.deepEqual(heard, [['new', 'm_001']]);
});

test('what is seen as it comes is told to the server and counts nothing; one\'s own neither', () => {
  const { stream, heard } = events();
  store.addRoom(direct);
  store.open('r_1');
  stream.apply({ type: 'message.created', room_id: 'r_1', data: message(1) });
  stream.apply({ type: 'message.created', room_id: 'r_1', data: message(2, { author: me }) });
  assert.equal(store.rooms.get('r_1').unread, 0);
  assert.deepEqual(heard, [['read', 'm_001'], ['new', 'm_001']]);
});

test('who is removed from a room has it no more, and hears of it; who has left it knows', () => {
  const { stream, heard } = events();
  store.addRoom(direct);
  stream.apply({ type: 'member.left', room_id: 'r_1', data: { user: me, user_id: 'u_me', reason: 'removed' } });
  assert.equal(store.rooms.size, 0);
  store.addRoom(direct);
  stream.apply({ type: 'member.left', room_id: 'r_1', data: { user: me, user_id: 'u_me', reason: 'left' } });
  assert.equal(store.rooms.size, 0);
  store.addRoom(direct);
  stream.apply({ type: 'room.deleted', room_id: 'r_1', data: { id: 'r_1' } });
  stream.apply({ type: 'room.deleted', room_id: 'r_1', data: { id: 'r_1' } });
  assert.deepEqual(heard, [['removed', 'r_1'], ['deleted', 'r_1']]);
});

/** Rooms, and what was asked about them: the test answers when it likes. */
function roomsAnsweredLate() {
  const answers = [];
  const later = () => new Promise((resolve, reject) => answers.push({ resolve, reject }));
  return { rooms: new Rooms({ api: { ...api, room: later, updateRoom: later }, store }), answers };
}

test('of two answers about a room the one that was asked for last counts, whichever comes last', async () => {
  const { rooms, answers } = roomsAnsweredLate();
  store.addRoom({ ...direct, role: 'member', topic: 'of the event' });
  const both = [rooms.refresh('r_1'), rooms.refresh('r_1')];
  answers[1].resolve({ ...direct, role: 'member', topic: 'newer' });
  answers[0].resolve({ ...direct, role: 'member', topic: 'older' });
  await Promise.all(both);
  assert.equal(store.rooms.get('r_1').topic, 'newer');
});

test('a change that was asked for before a later look at the room does not undo it', async () => {
  const { rooms, answers } = roomsAnsweredLate();
  store.addRoom({ ...direct, role: 'owner', topic: '' });
  const both = [rooms.change('r_1', { topic: 'mine' }), rooms.refresh('r_1')];
  answers[1].resolve({ ...direct, role: 'owner', topic: 'of somebody else, after mine' });
  answers[0].resolve({ ...direct, role: 'owner', topic: 'mine' });
  await Promise.all(both);
  assert.equal(store.rooms.get('r_1').topic, 'of somebody else, after mine');
});

test('where the last question about a room gets no answer, the one before counts', async () => {
  const { rooms, answers } = roomsAnsweredLate();
  store.addRoom({ ...direct, role: 'member', topic: 'of the event' });
  const both = [rooms.refresh('r_1'), rooms.refresh('r_1')];
  answers[1].reject(new Error('offline'));
  await assert.rejects(both[1]);
  answers[0].resolve({ ...direct, role: 'member', topic: 'older' });
  await both[0];
  assert.equal(store.rooms.get('r_1').topic, 'older');
});

test('who is out of a room when the answer about it comes stays out', async () => {
  const { rooms, answers } = roomsAnsweredLate();
  store.addRoom({ ...direct, role: 'member' });
  const asking = rooms.refresh('r_1');
  store.removeRoom('r_1');
  answers[0].resolve({ ...direct, role: 'member' });
  await asking;
  assert.equal(store.rooms.has('r_1'), false);
});

test('a jump that is asked for while an older page is on its way waits for it, and leaves no hole', async () => {
  const history = new History({ api, store });
  store.addRoom({ ...direct, last_message: message(300) });
  const opening = history.open('r_1');
  await answerAll();
  await opening;
  const older = history.older('r_1');
  const found = history.find('r_1', 'm_030');
  await settle();
  assert.equal(asked.length, 1, 'one page at a time');
  await answerAll();
  await older;
  assert.equal(await found, true);
  isOneRun();
  assert.equal(store.timeline('r_1').hasNewer, true);
});

/** Of a room that is shown as it was long ago. */
async function lookingBack() {
  const history = new History({ api, store });
  store.addRoom({ ...direct, last_message: message(300) });
  const finding = history.find('r_1', 'm_100');
  await answerAll();
  await finding;
  return history;
}

test('back to the newest: what is said while that page is on its way is there, too', async () => {
  const history = await lookingBack();
  const back = history.newest('r_1');
  await settle();
  log.push(message(301));
  store.addMessage(message(301));
  await answerAll();
  await back;
  assert.equal(seqs().at(-1), 301);
  assert.equal(store.timeline('r_1').hasNewer, false);
  isOneRun();
  store.addMessage(message(302));
  assert.equal(seqs().at(-1), 302);
});

test('back to the newest, where more is said with each page that comes: none of it is left out', async () => {
  const history = await lookingBack();
  const back = history.newest('r_1');
  for (const seq of [301, 302, 303]) {
    await settle();
    log.push(message(seq));
    store.addMessage(message(seq));
    asked.shift().answer();
  }
  await answerAll();
  await back;
  assert.equal(store.timeline('r_1').hasNewer, false);
  assert.equal(seqs().at(-1), 303);
  isOneRun();
});

for (const [what, ask] of Object.entries({
  'a jump': (history) => history.find('r_1', 'm_100'),
  'the page before': (history) => history.older('r_1'),
  'the first page': (history) => history.open('r_1'),
})) {
  test(`what is changed, deleted or reacted to while ${what} is on its way is so when it has come`, async () => {
    const history = new History({ api, store });
    store.addRoom({ ...direct, last_message: message(300) });
    if (what !== 'the first page') {
      const opening = history.open('r_1');
      await answerAll();
      await opening;
    }
    const loading = ask(history);
    await settle();
    const [{ place }] = asked; // what it says is how things are now
    const [edited, deleted, reacted] = pageOf(place).messages;
    const { stream } = events();
    stream.apply({ type: 'message.updated', room_id: 'r_1', data: { ...edited, text: 'changed' } });
    stream.apply({ type: 'message.deleted', room_id: 'r_1', data: { ...deleted, text: undefined, deleted_at: 'now' } });
    stream.apply({ type: 'reaction.added', room_id: 'r_1', data: { message_id: reacted.id, user_id: 'u_me', emoji: '👍', count: 1 } });
    await answerAll();
    await loading;
    const timeline = store.timeline('r_1');
    assert.equal(timeline.find(edited.id).text, 'changed');
    assert.equal(timeline.find(deleted.id).deleted_at, 'now');
    assert.deepEqual(timeline.find(reacted.id).reactions, [{ emoji: '👍', count: 1, me: true }]);
  });
}

test('a page that does not come leaves what is there, and can be asked for again', async () => {
  const history = await lookingBack();
  const before = seqs();
  const back = history.newest('r_1');
  await settle();
  asked.shift().fail(new Error('offline'));
  await assert.rejects(back, /offline/);
  assert.deepEqual(seqs(), before);
  const again = history.newest('r_1');
  await answerAll();
  await again;
  assert.equal(seqs().at(-1), 300);
});

test('a message that others answer is asked for once; one that is gone is not asked for again', async () => {
  let calls = 0;
  const message404 = async () => {
    calls += 1;
    throw Object.assign(new Error('gone'), { status: 404 });
  };
  const history = new History({ api: { ...api, message: message404 }, store });
  await Promise.all([history.quote('r_1', 'm_007'), history.quote('r_1', 'm_007')]);
  await history.quote('r_1', 'm_007');
  assert.equal(calls, 1);
  assert.equal(store.quoted('r_1', 'm_007'), null);
});
