import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { Backoff } from '../../../web/js/backoff.js';
import { Connection } from '../../../web/js/connection.js';
import { FakeClock, settle } from '../../client/support/clock.mjs';
import { fakeTransports } from './fakes.mjs';

let clock;
let opened;
let connection;
let events;
let api;
let resets;
let ended;

const latest = () => opened.at(-1);
const cursors = () => events.map(({ cursor }) => cursor);

beforeEach(() => {
  const fakes = fakeTransports();
  clock = new FakeClock();
  opened = fakes.opened;
  events = [];
  resets = [];
  ended = 0;
  api = { hello: async () => ({}), request: async () => ({}) };
  connection = new Connection({
    api,
    clock,
    transports: fakes.classes,
    backoff: new Backoff({ random: () => 1 }),
    onEvent: (event) => events.push(event),
    onStatus: () => {},
    onReset: async () => {
      resets.push(connection.cursor);
      return 'fresh';
    },
    onEnded: () => {
      ended += 1;
    },
  });
  connection.start('c0');
});

test('it is live when a round trip has shown it, not when a connection is open', () => {
  latest().hello();
  assert.equal(connection.status.state, 'connecting');
  latest().handlers.onProven(12);
  assert.equal(connection.status.state, 'live');
  assert.equal(connection.status.latencyMs, 12);
});

test('a switch goes on from the last durable event, in the same session', () => {
  latest().prove();
  latest().message('c1');
  latest().event({ type: 'typing', data: {} });
  connection.setMode('sse');
  assert.equal(opened[0].closed, true);
  assert.equal(latest().id, 'sse');
  assert.equal(latest().options.cursor, 'c1');
  assert.equal(latest().options.session, 's_1');
});

test('what an ended transport still says is not heard', () => {
  latest().prove();
  const old = latest();
  connection.setMode('poll');
  old.message('c1');
  old.end({});
  latest().prove();
  latest().message('c1');
  assert.deepEqual(cursors(), ['c1']);
  assert.equal(opened.length, 2);
});

test('a durable event that comes again is shown once', () => {
  latest().prove();
  latest().message('c1');
  latest().message('c1');
  latest().message('c2');
  assert.deepEqual(cursors(), ['c1', 'c2']);
});

test('choosing the transport that is in use changes nothing', () => {
  latest().prove();
  connection.setMode('websocket');
  assert.equal(opened.length, 1);
  assert.equal(latest().closed, false);
});

test('silence of two and a half heartbeats ends it, and it is made anew', async () => {
  latest().prove();
  await clock.advance(49_000);
  assert.equal(opened.length, 1);
  latest().handlers.onActivity();
  await clock.advance(49_000);
  assert.equal(opened.length, 1);
  await clock.advance(3_000);
  assert.equal(opened.length, 2);
  assert.equal(opened[0].closed, true);
});

test('a heartbeat whose head is elsewhere makes it resume at once', () => {
  latest().prove();
  latest().message('c1');
  latest().event({ type: 'heartbeat', head: 'c1' });
  assert.equal(opened.length, 1);
  latest().event({ type: 'heartbeat', head: 'c2' });
  assert.equal(opened.length, 2);
  assert.equal(latest().options.cursor, 'c1');
});

test('a bye of a node that restarts is followed by coming back when it says', async () => {
  latest().prove();
  latest().message('c1');
  latest().event({ type: 'bye', code: 'restart', reconnect_in_ms: 4_000, resume: true });
  latest().end({ code: 1012 });
  await clock.advance(3_900);
  assert.equal(opened.length, 1);
  assert.equal(connection.status.reason, 'restarting');
  await clock.advance(200);
  assert.equal(opened.length, 2);
  assert.equal(latest().id, 'websocket');
  assert.equal(latest().options.cursor, 'c1');
});

test('a bye after which the server does not close is an end all the same', async () => {
  latest().prove();
  latest().event({ type: 'bye', code: 'restart', reconnect_in_ms: 0, resume: true });
  await clock.advance(1_100);
  assert.equal(opened.length, 2);
});

test('a reset asks for a new snapshot and streams from its cursor', async () => {
  latest().hello({ resume: 'reset', reason: 'unknown_cursor' });
  await settle();
  assert.deepEqual(resets, ['c0']);
  assert.equal(latest().options.cursor, 'fresh');
  assert.equal(latest().options.session, undefined);
});

test('a transport that does not prove itself gives way to the next, if the server is there', async () => {
  await clock.advance(6_500);
  assert.equal(latest().id, 'sse');
  assert.equal(latest().options.fellBackFrom, 'websocket');
  assert.equal(latest().options.reason, 'silent');
  latest().hello();
  latest().end({ cause: 'one_way' });
  await clock.advance(10);
  assert.equal(latest().id, 'poll');
  assert.equal(latest().options.fellBackFrom, 'sse');
  latest().prove();
  assert.equal(connection.status.state, 'live');
});

test('while the server is away the transport is not blamed', async () => {
  api.hello = async () => {
    throw new Error('unreachable');
  };
  latest().end({ cause: 'refused' });
  await clock.advance(60_000);
  assert.ok(opened.length > 1);
  assert.deepEqual([...new Set(opened.map(({ id }) => id))], ['websocket']);
});

test('a forced transport is kept, also where it does not work', async () => {
  connection.setMode('sse');
  latest().end({ cause: 'refused' });
  await clock.advance(1_000);
  latest().end({ cause: 'refused' });
  await clock.advance(1_000);
  assert.deepEqual(opened.map(({ id }) => id), ['websocket', 'sse', 'sse', 'sse']);
});

test('a connection that worked and was lost is tried again on the same transport', async () => {
  latest().prove();
  latest().message('c1');
  latest().end({ code: 1006 });
  assert.equal(connection.status.state, 'waiting');
  await clock.advance(400);
  assert.equal(latest().id, 'websocket');
  assert.equal(latest().options.cursor, 'c1');
});

test('waits grow up to a cap, with jitter over all of each', () => {
  const highest = new Backoff({ random: () => 1 });
  const waits = Array.from({ length: 10 }, () => highest.next());
  assert.deepEqual(waits, [300, 600, 1200, 2400, 4800, 9600, 15000, 15000, 15000, 15000]);
  const lowest = new Backoff({ random: () => 0 });
  assert.equal(lowest.next(), 0);
});

test('an ended authorization ends it for good', async () => {
  latest().prove();
  latest().end({ code: 4001 });
  await clock.advance(60_000);
  assert.equal(ended, 1);
  assert.equal(opened.length, 1);
});

test('a WebSocket refused for its token ends it, though a page is not told why', async () => {
  api.request = async () => {
    throw Object.assign(new Error('unauthorized'), { status: 401 });
  };
  latest().end({ cause: 'refused' });
  await clock.advance(60_000);
  assert.equal(ended, 1);
  assert.equal(opened.length, 1);
});

test('a session that another connection took is not fought for', async () => {
  latest().prove();
  latest().end({ code: 4009 });
  await clock.advance(400);
  assert.equal(latest().options.session, undefined);
});

test('a page that wakes finds out within seconds that its stream is dead', async () => {
  latest().prove();
  latest().answers = false;
  connection.nudge();
  await clock.advance(6_000);
  assert.equal(opened.length, 2);
});

test('a page that wakes with a stream that lives keeps it', async () => {
  latest().prove();
  connection.nudge();
  await clock.advance(6_000);
  assert.equal(opened.length, 1);
  assert.equal(connection.status.latencyMs, 7);
});

test('stopped, it stays so', async () => {
  latest().prove();
  connection.stop();
  await clock.advance(60_000);
  assert.equal(opened.length, 1);
  assert.equal(latest().closed, true);
});
