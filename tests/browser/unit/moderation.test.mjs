// Who decides about whom, and who is muted until when.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { mayDecideAbout, mayMute, roles, rolesToGive } from '../../../web/js/state/ranks.js';
import { Store } from '../../../web/js/state/store.js';
import { spanOf, untilOf } from '../../../web/js/ui/format.js';
import { FakeClock } from '../../client/support/clock.mjs';
import './custom-event.mjs';

const me = { id: 'u_me', name: 'me', display_name: '' };
const bob = { id: 'u_bob', name: 'bob', display_name: 'Bob' };
const room = { id: 'r_1', name: 'Quay', role: 'member' };

const { setTimeout: later, clearTimeout: never } = globalThis;
let clock;
let store;

beforeEach(() => {
  clock = new FakeClock();
  globalThis.setTimeout = (callback, ms = 0) => clock.setTimeout(callback, ms);
  globalThis.clearTimeout = clock.clearTimeout;
  store = new Store({ now: clock.now });
  store.reset({ user: me, rooms: [room], presence: {} });
});

afterEach(() => Object.assign(globalThis, { setTimeout: later, clearTimeout: never }));

/** For so many milliseconds from now. */
const muted = (ms) => ({ muted_until: new Date(clock.now() + ms).toISOString() });

const mine = () => store.rooms.get('r_1');

test('owners decide about everybody, moderators about those below; nobody mutes their own rank', () => {
  const about = (decide) => roles.map((who) => roles.filter((whom) => decide(who, whom)).join(' '));
  assert.deepEqual(about(mayDecideAbout), ['', '', 'reader member', 'reader member moderator owner']);
  assert.deepEqual(about(mayMute), ['', '', 'reader member', 'reader member moderator']);
  assert.deepEqual(roles.map(rolesToGive), [[], [], ['reader', 'member'], roles]);
});

test('a mute ends when its time has come, though nothing tells it', async () => {
  store.putMember('r_1', { user: me, role: 'member', ...muted(60_000) });
  await clock.advance(59_000);
  assert.equal(store.mayWrite(mine()), false);
  const topics = new Set();
  store.addEventListener('change', ({ detail }) => detail.forEach((topic) => topics.add(topic)));
  await clock.advance(1_000);
  assert.equal(store.mayWrite(mine()), true);
  assert.deepEqual([...topics].sort(), ['people', 'rooms', 'timeline']);
  assert.equal(clock.waiting, 0);
});

test('the next of several mutes is waited for, then the one after it; one of a year is not taken for one that is over', async () => {
  store.setMembers('r_1', [{ user: bob, role: 'member', ...muted(5_000) }, { user: { ...bob, id: 'u_cid' }, role: 'member', ...muted(365 * 86_400_000) }]);
  store.putMember('r_1', { user: me, role: 'member', ...muted(1_000) });
  await clock.advance(500);
  const started = clock.now();
  const changes = [];
  store.addEventListener('change', () => changes.push(clock.now() - started));
  await clock.advance(86_400_000);
  assert.deepEqual(changes, [500, 4_500]);
});

test('what is said of a room to everybody takes no mute away; what is said to this person does; slow mode goes with either', () => {
  store.addRoom({ ...room, ...muted(60_000), slow_mode_seconds: 30 });
  store.addRoom({ ...room, role: null });
  assert.equal(mine().role, room.role);
  assert.deepEqual([store.mayWrite(mine()), store.slowMode(mine())], [false, 0]);
  store.addRoom({ ...room, slow_mode_seconds: 30 });
  assert.deepEqual([store.mayWrite(mine()), store.slowMode(mine())], [true, 30]);
  store.putMember('r_1', { user: me, role: 'moderator' });
  assert.equal(store.slowMode(mine()), 0);
  store.putMember('r_1', { user: me, role: 'reader' });
  assert.equal(store.mayWrite(mine()), false);
});

test('spans and moments in words', () => {
  assert.deepEqual([5, 60, 300, 5_400, 21_600].map(spanOf), ['5 s', '1 min', '5 min', '1 h 30 min', '6 h']);
  const noon = new Date(2026, 4, 4, 12);
  const words = [[4, 14, 30], [5, 9, 5], [11, 9, 5]].map(([day, hour, minute]) => untilOf(new Date(2026, 4, day, hour, minute), noon));
  assert.match(words[0], /^\D*\d/);
  assert.match(words[1], /^tomorrow .*9/);
  assert.match(words[2], /Monday.*11.*9/);
});
