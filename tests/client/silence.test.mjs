// Silence: how long it is borne, what is made of it, and what of a machine that has slept through it.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defaultTiming, memoryStore } from '../../fallback/client/dist/index.js';
import { Delays } from '../../fallback/client/dist/delays.js';
import { Api } from '../../fallback/client/dist/http.js';
import { Leg } from '../../fallback/client/dist/leg.js';
import { NetworkMemory } from '../../fallback/client/dist/memory.js';
import { Policy } from '../../fallback/client/dist/policy.js';
import { PollTransport } from '../../fallback/client/dist/transports/poll.js';
import { Way } from '../../fallback/client/dist/way.js';
import { FakeClock } from './support/clock.mjs';
import { until } from './support/server.mjs';
import { Talk } from './support/talk.mjs';

let clock;
let ended;

beforeEach(() => {
  clock = new FakeClock();
  ended = undefined;
});

const options = (more = {}) => ({
  ...{ clock, timing: defaultTiming, plan: { transport: 'poll' }, proofMs: 4_000, cursor: 'c0' },
  ...more,
});

/** A poll that is answered once, with these heartbeats, and then never; and what it asked for. */
function openPoll(heartbeat) {
  const asked = [];
  const fetcher = (url, { body, signal }) => {
    asked.push(JSON.parse(body));
    if (asked.length > 1) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return Promise.resolve(Response.json({ session: 's_1', cursor: 'c1', events: [], heartbeat_seconds: heartbeat }));
  };
  const handlers = { event() {}, activity() {}, cursor() {}, proven() {}, ended: (outcome) => (ended = outcome) };
  const plan = { transport: 'poll', heartbeat };
  new PollTransport(options({ api: new Api('', 'token', fetcher, clock), plan }), handlers);
  return asked;
}

/** A poll's answer is read by way of streams: that takes more turns than a clock of one's own lets pass. */
const answered = (asked) => until('the second poll is asked', () => asked.length > 1);

/** A leg over a transport that says hello, is proven, and then says nothing any more. */
function openLeg(heartbeat, tuning = {}, old = () => {}) {
  let say;
  const open = (_, handlers) => {
    say = handlers;
    return { close() {}, command: () => new Promise(() => {}) };
  };
  const handlers = { hello() {}, event() {}, cursor() {}, proven() {}, old, ended: (_, end) => (ended = end) };
  const leg = new Leg(open, options({ plan: { transport: 'websocket', ...tuning } }), { at: 0 }, handlers);
  say.activity();
  say.event({ type: 'hello', session: 's_1', cursor: 'c0', heartbeat_seconds: heartbeat });
  say.proven(1);
  return leg;
}

test('a poll is held for no longer than a heartbeat, and is lost after two and a half', async () => {
  const asked = openPoll(10);
  await answered(asked);
  assert.deepEqual([asked[1].timeout, asked[1].heartbeat, asked[1].cursor], [10, 10, 'c1']);
  await clock.advance(24_900);
  assert.equal(ended, undefined);
  await clock.advance(200);
  assert.deepEqual(ended, { cause: 'silent' });
});

test('polls that are answered at once with nothing do not become a storm, and a pause ends with them', async () => {
  let asked = 0;
  let handed = 0;
  const fetcher = async () => {
    asked += 1;
    return Response.json({ session: 's_1', cursor: 'c1', events: [], heartbeat_seconds: 0 });
  };
  const handlers = { event() {}, activity() {}, cursor: () => (handed += 1), proven() {}, ended: (outcome) => (ended = outcome) };
  const poll = new PollTransport(options({ api: new Api('', 'token', fetcher, clock) }), handlers);
  for (let round = 2; round < 5; round += 1) {
    await until('the next poll is answered', () => handed === round);
    await clock.advance(900);
    assert.equal(asked, round);
    await clock.advance(100);
  }
  poll.close();
  assert.equal(clock.waiting, 0);
  assert.equal(ended, undefined);
});

test('with the usual heartbeats a poll is lost 15 s after it ought to have been answered', async () => {
  const asked = openPoll(20);
  await answered(asked);
  await clock.advance(34_900);
  assert.equal(ended, undefined);
  await clock.advance(200);
  assert.deepEqual(ended, { cause: 'silent' });
});

test('a stream is dead after two and a half heartbeats, as long as the server has granted them', async () => {
  openLeg(8);
  await clock.advance(19_900);
  assert.equal(ended, undefined);
  await clock.advance(200);
  assert.deepEqual(ended.outcome, { cause: 'silent' });
  assert.equal(ended.heartbeat, 8);
});

test('a clock that is set back does not make a dead stream look alive', async () => {
  openLeg(20);
  clock.setBack(3_600_000);
  await clock.advance(100_100);
  assert.equal(ended.outcome.cause, 'silent');
});

test('a connection is not replaced all the time because a neighbour says that it is cut at once', async () => {
  let old = 0;
  const leg = openLeg(20, { maxLife: 0.001 }, () => (old += 1));
  await clock.advance(7_900);
  assert.equal(old, 0);
  await clock.advance(200);
  assert.equal(old, 1);
  leg.close();
});

test('a machine that has slept blames nobody for the silence', async () => {
  openLeg(20);
  await clock.sleep(3_600_000);
  assert.deepEqual(ended.outcome, { cause: 'silent', excused: true });
  ended = undefined;
  await answered(openPoll(20));
  await clock.sleep(3_600_000);
  assert.deepEqual(ended, { cause: 'silent', excused: true });
});

test('neither is a stream to blame that does not answer a page which has just woken up', async () => {
  const leg = openLeg(20);
  void leg.check();
  await clock.advance(defaultTiming.checkMs);
  assert.deepEqual(ended.outcome, { cause: 'silent', excused: true });
});

test('an own message that may wait to be read after a sleep is not late', async () => {
  let late = 0;
  const delays = newDelays(() => (late += 1));
  delays.expect('n1');
  await clock.sleep(60_000);
  assert.equal(late, 0);
  await clock.advance(defaultTiming.lagMs);
  assert.equal(late, 1, 'unless it still does not come');
});

const newDelays = (onLate) => {
  const parts = { api: undefined, clock, timing: defaultTiming, rooms: undefined };
  return new Delays(parts, { isQuiet: () => true, cursor: () => 'c0', onLate });
};

test('what is excused is opened again as soon as the server answers, and does not count', () => {
  const policy = newPolicy();
  for (let i = 0; i < 5; i += 1) {
    const end = silentEnd(policy, { excused: true });
    assert.deepEqual(policy.ended(end, false), { do: 'control' });
    assert.deepEqual(policy.judge(end, true, 0), { do: 'open' });
  }
  assert.equal(policy.judge(silentEnd(policy, { excused: true }), false, 0).why, 'outage');
  assert.deepEqual(policy.plan(), { transport: 'websocket' });
});

test('after a silence shorter heartbeats are asked for than the server has granted, never longer ones', () => {
  for (const [granted, asked] of [[undefined, 15], [20, 15], [12, 10], [5, undefined]]) {
    const policy = newPolicy();
    policy.judge(silentEnd(policy, {}, granted), true, 0);
    assert.equal(policy.plan().heartbeat, asked, `after ${granted}`);
  }
});

const newPolicy = () => {
  const memory = new NetworkMemory(memoryStore(), 'test');
  return new Policy(['websocket', 'sse', 'poll'], memory, defaultTiming, () => 1);
};

const silentEnd = (policy, more, heartbeat) => ({
  ...{ plan: policy.plan(), outcome: { cause: 'silent', ...more }, proven: true },
  ...{ heartbeat, livedMs: 60_000, delivered: true },
});

test('a kept connection that has died is not the network: what may be asked twice is, what may not is not', async () => {
  let asked = 0;
  const fetcher = () => {
    asked += 1;
    return asked % 2 ? Promise.reject(new TypeError('fetch failed')) : Promise.resolve(Response.json({ network: { key: 'k' } }));
  };
  const api = new Api('', 'token', fetcher, clock);
  assert.equal((await api.control(1_000)).network.key, 'k');
  assert.equal(asked, 2);
  await assert.rejects(api.request('POST', '/api/v1/rooms', { body: {} }), { name: 'NetworkError' });
  assert.equal(asked, 3);
});

test('while the client waits before it tries again, a poll brings what comes', async () => {
  const hours = 10 * 3_600_000; // at most, by lot
  const talk = await Talk.alone({ transports: ['websocket'], timing: { backoffMinMs: hours, backoffMaxMs: hours } });
  try {
    talk.client.start();
    await talk.settles('websocket');
    talk.proxy.cut();
    await until('it waits', () => talk.statuses.at(-1).why === 'lost');
    await talk.settles('poll');
    await talk.talk(10);
    await talk.check();
    assert.equal(talk.proxy.count('UPGRADE'), 1);
  } finally {
    await talk.end();
  }
});

test('answers are asked to be shorter where the control comes and they do not, and for a while only', async () => {
  const way = new Way(clock, defaultTiming);
  const lost = { outcome: { cause: 'silent' }, proven: false, plan: { transport: 'poll' } };
  const control = (reachable) => way.seen({ reachable, moved: false, rttMs: 10 });
  way.ended(lost);
  control(false);
  control(true);
  assert.deepEqual(way.options, { proofMs: 4_000, pollLimit: 500 }, 'an outage says nothing of lengths');
  way.ended(lost);
  control(true);
  assert.deepEqual(way.options, { proofMs: 20_000, pollLimit: 50 });
  await clock.advance(600_000);
  assert.equal(way.options.pollLimit, 500);
});

test('where long answers are lost, short ones bring everything', async () => {
  const talk = await Talk.alone({ transports: ['poll'], timing: { proofMinMs: 300, proofMaxMs: 300 } });
  try {
    talk.client.start();
    await talk.settles('poll');
    talk.client.stop();
    await talk.talkWithoutHer(40);
    talk.proxy.set({ loseLong: 2_000 });
    talk.client.start();
    await talk.check();
  } finally {
    await talk.end();
  }
});
