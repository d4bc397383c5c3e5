// The client's judgement, with a clock of the test's own.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defaultTiming, memoryStore } from '../../fallback/client/dist/index.js';
import { NetworkMemory } from '../../fallback/client/dist/memory.js';
import { Policy } from '../../fallback/client/dist/policy.js';

const minute = 60_000;
const hour = 60 * minute;
const all = ['websocket', 'sse', 'poll'];

let now;
let store;
let memory;
let policy;

const makePolicy = (order = all, random = () => 1) => new Policy(order, memory, defaultTiming, random);

beforeEach(() => {
  now = 1_000_000_000;
  store = memoryStore();
  memory = new NetworkMemory(store, 'test');
  policy = makePolicy();
  policy.enter('net', {}, now);
});

/** The end of the present plan, unproven if not said otherwise. */
const end = (cause, more = {}) => {
  const { outcome, ...rest } = more;
  return { plan: policy.plan(), outcome: { cause, ...outcome }, proven: false, livedMs: 0, delivered: false, ...rest };
};

/** It ends; the control finds the server, or does not. */
function fails(cause, more = {}, reachable = true) {
  const what = end(cause, more);
  const verdict = policy.ended(what, false);
  return verdict.do === 'control' ? policy.judge(what, reachable, now) : verdict;
}

const works = () => policy.proven(policy.plan(), now);
const lost = (livedMs, cause = 'closed') => fails(cause, { proven: true, delivered: true, livedMs });

test('the best comes first; each that fails to prove itself gives way to the next, at once', () => {
  assert.deepEqual(policy.plan(), { transport: 'websocket' });
  assert.deepEqual(fails('silent'), { do: 'open' });
  assert.deepEqual(policy.plan(), { transport: 'sse', fellBackFrom: 'websocket', reason: 'silent' });
  assert.deepEqual(fails('one_way'), { do: 'open' });
  assert.deepEqual(policy.plan(), { transport: 'poll', fellBackFrom: 'sse', reason: 'one_way' });
  assert.deepEqual(policy.fell, { from: 'sse', reason: 'one_way' });
});

test('what was held back is asked for with padding, 2 KB and 16 KB, before it is given up', () => {
  fails('refused');
  assert.equal(policy.plan().padding, undefined);
  assert.deepEqual(fails('held'), { do: 'open' });
  assert.equal(policy.plan().padding, 2_048);
  fails('held');
  assert.equal(policy.plan().padding, 16_384);
  fails('held');
  assert.equal(policy.plan().transport, 'poll');
  assert.equal(policy.plan().padding, undefined);
});

test('what is one event behind is asked for with comments that push, once', () => {
  fails('refused');
  fails('behind');
  assert.deepEqual([policy.plan().transport, policy.plan().flush, policy.plan().padding], ['sse', true, undefined]);
  fails('behind');
  assert.equal(policy.plan().transport, 'poll');
});

test('while the server is away nothing is blamed', () => {
  for (let i = 0; i < 20; i += 1) {
    const verdict = fails('refused', {}, false);
    assert.equal(verdict.do, 'wait');
    assert.equal(verdict.why, 'outage');
  }
  assert.deepEqual(policy.plan(), { transport: 'websocket' });
  assert.equal(memory.isDemoted('net', 'websocket', now), false);
});

test('what the server was not back in time for is tried once more before it is blamed', () => {
  const isAgain = () => assert.deepEqual([fails('refused').why, policy.plan().transport], ['lost', 'websocket']);
  fails('refused', {}, false);
  isAgain();
  works();
  fails('closed', { proven: true, outcome: { bye: { type: 'bye', code: 'restart' } } });
  isAgain();
  assert.deepEqual(fails('refused'), { do: 'open' });
  assert.equal(policy.plan().transport, 'sse');
});

test('waits grow from half a second to thirty, with jitter over all of each', () => {
  const waits = Array.from({ length: 9 }, () => fails('refused', {}, false).ms);
  assert.deepEqual(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  policy = makePolicy(all, () => 0);
  assert.equal(fails('refused', {}, false).ms, 0);
});

test('waits begin small again only after thirty seconds of use, not when a connection opens', () => {
  for (let i = 0; i < 4; i += 1) fails('refused', {}, false);
  works();
  assert.equal(lost(29_000).ms, 8_000);
  works();
  assert.equal(lost(31_000).ms, 500);
});

test('a hidden page blames nobody', () => {
  assert.equal(policy.ended(end('silent'), true).do, 'wait');
  assert.equal(policy.plan().transport, 'websocket');
});

test('what worked and is lost is tried again; silence asks for shorter heartbeats, twice in ten minutes is enough', () => {
  works();
  assert.equal(lost(5 * minute, 'silent').do, 'wait');
  assert.deepEqual(policy.plan(), { transport: 'websocket', heartbeat: 15 });
  now += 11 * minute;
  assert.equal(lost(5 * minute, 'silent').do, 'wait');
  assert.deepEqual(policy.plan(), { transport: 'websocket', heartbeat: 10 });
  now += 9 * minute;
  assert.equal(lost(5 * minute, 'silent').do, 'open');
  assert.equal(policy.plan().transport, 'sse');
  assert.equal(policy.plan().reason, 'silent');
});

test('closed twice in two minutes without ever delivering: it is given up', () => {
  works();
  const useless = () => fails('closed', { proven: true, livedMs: 3_000 });
  assert.equal(useless().do, 'wait');
  now += 3 * minute;
  assert.equal(useless().do, 'wait');
  now += minute;
  assert.equal(useless().do, 'open');
  assert.equal(policy.plan().transport, 'sse');
});

test('cut three times in two minutes though it delivers: it is given up', () => {
  works();
  assert.equal(lost(2_000).do, 'wait');
  assert.equal(lost(5_000).do, 'wait');
  assert.equal(lost(3_000).do, 'open');
  assert.deepEqual(policy.fell, { from: 'websocket', reason: 'cut' });
});

test('cut three times at the same age: it is replaced before that age, and nothing is blamed', () => {
  works();
  assert.equal(lost(60_100).do, 'wait');
  now += minute;
  assert.equal(lost(60_900).do, 'wait');
  now += minute;
  assert.equal(lost(60_000).do, 'wait');
  assert.deepEqual(policy.plan(), { transport: 'websocket', maxLife: 48 });
  works();
  assert.equal(memory.worked('net', now).maxLife, 48);
});

test('orderly ends are obeyed and are no failures', () => {
  works();
  const bye = (code, more = {}) => fails('closed', { proven: true, outcome: { bye: { type: 'bye', code, ...more } } });
  assert.deepEqual(bye('restart', { reconnect_in_ms: 4_321 }), { do: 'wait', ms: 4_321, why: 'restarting' });
  assert.deepEqual(bye('max_life'), { do: 'open' });
  for (let i = 0; i < 5; i += 1) assert.equal(bye('going_away', { reconnect_in_ms: 7 }).do, 'wait');
  for (const closeCode of [1001, 1012, 4009]) {
    for (let i = 0; i < 5; i += 1) assert.equal(fails('closed', { proven: true, outcome: { closeCode } }).do, 'wait');
  }
  assert.deepEqual(policy.plan(), { transport: 'websocket' });
});

test('a busy server is waited for as long as it asks', () => {
  for (const status of [429, 503]) {
    const verdict = fails('refused', { outcome: { status, retryInMs: 45_000 } });
    assert.deepEqual(verdict, { do: 'wait', ms: 45_000, why: 'busy' });
  }
  assert.equal(policy.plan().transport, 'websocket');
});

test('401, 403, 4001 and 4003 end it; 401 and 403 do so only if it is the server that says it', () => {
  const stale = { status: 401, problem: 'unauthorized' };
  assert.deepEqual(fails('refused', { outcome: stale }), { do: 'end', code: 'unauthorized' });
  assert.deepEqual(fails('closed', { outcome: { closeCode: 4001 } }), { do: 'end', code: 'unauthorized' });
  assert.deepEqual(fails('closed', { outcome: { closeCode: 4003 } }), { do: 'end', code: 'forbidden' });
  const ours = { status: 403, problem: 'forbidden' };
  assert.deepEqual(fails('refused', { outcome: ours }), { do: 'end', code: 'forbidden' });
  assert.deepEqual(fails('refused', { outcome: { status: 403 } }), { do: 'open' });
  assert.notEqual(fails('refused', { outcome: { status: 401 } }).do, 'end');
});

test('when nothing works though the server is there, it waits and begins from the top', () => {
  fails('refused');
  fails('one_way');
  assert.deepEqual(fails('refused'), { do: 'wait', ms: 500, why: 'blocked' });
  assert.equal(policy.plan().transport, 'websocket');
});

test('looks up again after 2, 10 and 30 minutes, then each hour, give or take 30 %', () => {
  policy = makePolicy(all, () => 0.5);
  policy.enter('net', {}, now);
  fails('refused');
  assert.equal(policy.trialAt, undefined, 'not before something works');
  works();
  for (const wait of [2, 10, 30, 60, 60]) {
    assert.equal(policy.trialAt - now, wait * minute);
    now = policy.trialAt;
    policy.trialsFailed(now);
  }
  const [low, high] = [0, 1].map((random) => {
    policy = makePolicy(all, () => random);
    policy.enter('other', {}, now);
    fails('refused');
    works();
    for (let i = 0; i < 3; i += 1) policy.trialsFailed(now);
    return (policy.trialAt - now) / minute;
  });
  assert.deepEqual([Math.round(low), Math.round(high)], [42, 78]);
});

test('a trial is for what is better, best first; one that is won is used', () => {
  fails('refused');
  fails('one_way');
  works();
  const trials = policy.trials();
  assert.deepEqual(trials.map(({ transport }) => transport), ['websocket', 'sse']);
  policy.trialWon(trials[1]);
  assert.equal(policy.plan().transport, 'sse');
  works();
  assert.equal(policy.fell, undefined);
});

test('who steps up and falls again climbs more slowly', () => {
  fails('refused');
  works();
  assert.equal(policy.trialAt - now, 2 * minute);
  policy.trialWon(policy.trials()[0]);
  works();
  fails('refused');
  works();
  assert.equal(policy.trialAt - now, 10 * minute);
});

test('a network where it failed begins with what worked; each is remembered by itself', () => {
  fails('refused');
  fails('behind');
  works();
  const next = makePolicy();
  next.enter('net', {}, now + minute);
  assert.deepEqual(next.plan(), { transport: 'sse', flush: true });
  next.enter('elsewhere', {}, now + minute);
  assert.deepEqual(next.plan(), { transport: 'websocket' });
});

test('a demotion lasts 30 minutes, then twice as long, up to a day; success ends it', () => {
  let wait = hour / 2;
  for (let i = 0; i < 8; i += 1) {
    memory.demote('net', 'websocket', now);
    assert.equal(memory.isDemoted('net', 'websocket', now + wait - 1), true);
    assert.equal(memory.isDemoted('net', 'websocket', now + wait), false);
    now += wait;
    wait = Math.min(wait * 2, 24 * hour);
  }
  assert.equal(wait, 24 * hour);
  memory.succeed('net', 'websocket', {}, now);
  memory.demote('net', 'websocket', now);
  assert.equal(memory.isDemoted('net', 'websocket', now + hour / 2), false);
});

test('what worked is known for a day, of the sixteen networks used last', () => {
  memory.succeed('net', 'sse', { padding: 2_048 }, now);
  assert.equal(memory.worked('net', now + 24 * hour - 1).padding, 2_048);
  assert.equal(memory.worked('net', now + 24 * hour), undefined);
  for (let i = 0; i < 15; i += 1) memory.succeed(`net${i}`, 'poll', {}, now + 1 + i);
  assert.ok(memory.worked('net', now + 20));
  memory.succeed('one more', 'poll', {}, now + 20);
  assert.equal(memory.worked('net', now + 20), undefined);
  assert.ok(memory.worked('net0', now + 20));
});

test('a store with nonsense in it is as good as an empty one', () => {
  for (const key of store.keys()) store.set(key, '{nonsense');
  memory.demote('net', 'sse', now);
  for (const key of store.keys()) store.set(key, '{nonsense');
  assert.equal(memory.isDemoted('net', 'sse', now), false);
  assert.equal(memory.isUnknown('net', now), true);
});

test('advice is followed where nothing is known, and only there', () => {
  const advice = { transport: 'sse', heartbeat_seconds: 12, max_life_seconds: 50, padding: 2_048 };
  policy.enter('new', advice, now);
  assert.deepEqual(policy.plan(), { transport: 'sse', heartbeat: 12, maxLife: 50, padding: 2_048 });
  memory.succeed('known', 'websocket', {}, now);
  policy.enter('known', advice, now);
  assert.deepEqual(policy.plan(), { transport: 'websocket' });
  policy.enter('empty', {}, now);
  assert.deepEqual(policy.plan(), { transport: 'websocket' });
});

test('without WebSocket the best there is comes first, and nothing is to be tried above it', () => {
  policy = makePolicy(['sse', 'poll']);
  policy.enter('net', {}, now);
  assert.deepEqual(policy.plan(), { transport: 'sse' });
  works();
  assert.equal(policy.trialAt, undefined);
});

test('what may be used can change: only that is planned, and what failed here is still known', () => {
  fails('silent');
  works();
  policy.allow(['poll'], now);
  assert.deepEqual(policy.plan(), { transport: 'poll' });
  policy.allow(['websocket'], now);
  fails('refused');
  assert.deepEqual(policy.plan().transport, 'websocket');
  policy.allow(all, now);
  assert.deepEqual(policy.plan(), { transport: 'sse' });
  assert.equal(policy.fell, undefined);
  assert.ok(policy.trialAt > now, 'the better one is tried again some time');
});
