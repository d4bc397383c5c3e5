// What networks do, and what the client makes of it: for each fault a conversation in both directions while the
// client finds its way, which transport it comes to, and what it says was wrong.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from './support/server.mjs';
import { Talk } from './support/talk.mjs';

/** Talks while the client settles, if not `quietly`, and again when it has. */
async function talkThrough(fault, expected, { quietly = false, ...options } = {}) {
  const talk = await Talk.alone({ fault, ...options });
  try {
    talk.client.start();
    await talk.client.ready();
    if (!quietly) await talk.talk(100);
    const { transport, ...blame } = expected;
    const status = await talk.settles(transport, blame.fellBackFrom);
    await talk.talk(quietly ? 150 : 50);
    await talk.check();
    assert.equal(status.fellBackFrom, blame.fellBackFrom);
    assert.equal(status.cause, blame.cause);
    return talk;
  } finally {
    await talk.end();
  }
}

/** What the server was told that the client fell back from, and why; newest last. */
const blamed = (talk) =>
  talk.proxy.seen
    .map((line) => /fell_back_from=(\w+)&reason=(\w+)/.exec(line))
    .filter(Boolean)
    .map(([, from, reason]) => `${from} ${reason}`);

describe('networks', { concurrency: 6 }, () => {
  test('a good network: WebSocket', async () => {
    const talk = await talkThrough({}, { transport: 'websocket' });
    assert.deepEqual(blamed(talk), []);
    assert.equal(talk.proxy.count('/rt/v1/sse'), 0);
  });

  test('no WebSocket on this platform: SSE, and nothing to complain of', async () => {
    const talk = await talkThrough({}, { transport: 'sse' }, { webSocket: null });
    assert.equal(talk.proxy.count('UPGRADE'), 0);
  });

  test('Upgrade is stripped: SSE', async () => {
    const talk = await talkThrough({ noUpgrade: true }, { transport: 'sse', fellBackFrom: 'websocket', cause: 'refused' });
    assert.ok(blamed(talk).includes('websocket refused'));
  });

  test('the second client of a network goes straight to what the first one found', async () => {
    const fault = { noUpgrade: true };
    const first = await Talk.alone({ fault });
    const second = await Talk.begin(first.server, { fault });
    try {
      first.client.start();
      await first.settles('sse', 'websocket');
      assert.ok(first.proxy.count('UPGRADE') > 0);
      second.client.start();
      await second.settles('sse');
      await second.talk(20);
      await second.check();
      assert.equal(second.proxy.count('UPGRADE'), 0);
    } finally {
      await second.end();
      await first.end();
    }
  });

  test('101 and then silence: SSE', async () => {
    const talk = await talkThrough({ dead101: true }, { transport: 'sse', fellBackFrom: 'websocket', cause: 'silent' });
    assert.ok(blamed(talk).includes('websocket silent'));
  });

  test('a 101 that works in one direction: SSE', async () => {
    await talkThrough({ oneWay101: true }, { transport: 'sse', fellBackFrom: 'websocket', cause: 'one_way' });
  });

  test('SSE is held back completely: poll, after padding of 2 and 16 KB was tried', async () => {
    const fault = { noUpgrade: true, holdSse: true };
    const talk = await talkThrough(fault, { transport: 'poll', fellBackFrom: 'sse', cause: 'held' });
    assert.equal(talk.proxy.count('GET /rt/v1/sse'), 1);
    assert.equal(talk.proxy.count('POST /rt/v1/sse'), 2);
  });

  test('SSE is let go after 2 KB: SSE with padding', async () => {
    const fault = { noUpgrade: true, holdSseBytes: 2_000 };
    const talk = await talkThrough(fault, { transport: 'sse', fellBackFrom: 'websocket', cause: 'refused' }, { quietly: true });
    assert.equal(talk.proxy.count('GET /rt/v1/sse'), 1);
    assert.equal(talk.proxy.count('POST /rt/v1/sse'), 1);
  });

  test('SSE is let go after 10 KB: SSE with more padding', async () => {
    const fault = { noUpgrade: true, holdSseBytes: 10_000 };
    const talk = await talkThrough(fault, { transport: 'sse', fellBackFrom: 'websocket', cause: 'refused' }, { quietly: true });
    assert.equal(talk.proxy.count('POST /rt/v1/sse'), 2);
  });

  test('SSE is one event behind: SSE with comments that push', async () => {
    const fault = { noUpgrade: true, behind: true };
    const talk = await talkThrough(fault, { transport: 'sse', fellBackFrom: 'websocket', cause: 'refused' }, { quietly: true });
    assert.equal(talk.proxy.count('flush=1'), 1);
  });

  test('SSE is one event behind, which other events hide at first: own messages show it', async () => {
    const talk = await Talk.alone({ fault: { noUpgrade: true } });
    try {
      talk.client.start();
      await talk.settles('sse');
      // From now on; the next stream proves itself in the middle of a conversation.
      talk.proxy.set({ noUpgrade: true, behind: true });
      const talking = talk.talk(100);
      talk.proxy.cut();
      await talking;
      const before = Date.now();
      await talk.check();
      assert.ok(Date.now() - before < 10_000, 'long before the next heartbeat');
      await until('it asks for comments that push', () => talk.proxy.count('flush=1') === 1);
      await talk.settles('sse');
      await talk.talk(20);
      await talk.check();
    } finally {
      await talk.end();
    }
  });

  test('SSE is let go of by the buffer, which other events hide at first: its first pause shows it to who only listens', async () => {
    const talk = await Talk.alone({ fault: { noUpgrade: true } });
    try {
      talk.client.start();
      await talk.settles('sse');
      // From now on; the next stream proves itself while Ben writes.
      talk.proxy.set({ noUpgrade: true, holdSseBlocks: 2_048 });
      talk.proxy.cut();
      const isAgain = () => talk.statuses.filter(({ transport }) => transport === 'sse').length >= 2;
      await until('it has proven itself again', async () => (await talk.benSays(1), isAgain()));
      await talk.benSays(3);
      await talk.check();
      await talk.settles('poll', 'sse');
      assert.ok(talk.proxy.count('flush=1') > 0, 'it was found to be behind');
    } finally {
      await talk.end();
    }
  });

  test('all that was given up is told, also while a poll covers', async () => {
    const talk = await Talk.alone({ fault: { noUpgrade: true, holdSse: true } });
    try {
      talk.client.start();
      await talk.settles('poll', 'sse');
      const blamed = new Map(talk.statuses.map(({ fellBackFrom, cause }) => [fellBackFrom, cause]));
      assert.deepEqual([...blamed], [[undefined, undefined], ['websocket', 'refused'], ['sse', 'held']]);
    } finally {
      await talk.end();
    }
  });

  test('what the client sends to prove SSE is lost: poll', async () => {
    const fault = { noUpgrade: true, noProbe: true };
    await talkThrough(fault, { transport: 'poll', fellBackFrom: 'sse', cause: 'one_way' });
  });

  test('streams are cut after some KB, again and again: poll', async () => {
    const talk = await Talk.alone({ fault: { cutStreams: 3_000 } });
    try {
      talk.client.start();
      await talk.client.ready();
      const before = Date.now();
      while (talk.client.status.fellBackFrom !== 'sse') {
        await talk.talk(5);
        assert.ok(Date.now() - before < 20_000, 'it has come down to poll');
      }
      await talk.settles('poll');
      await talk.talk(50);
      await talk.check();
      // Cut so early that the proof was not through, or after it: both are the truth.
      assert.match(talk.client.status.cause, /^(cut|closed|one_way|behind)$/);
      assert.match(blamed(talk).join(), /websocket (cut|closed)/);
    } finally {
      await talk.end();
    }
  });

  test('every answer is cut after some KB: poll with short answers', async () => {
    const talk = await Talk.alone({ fault: { cutAll: 6_000 } });
    try {
      talk.client.start();
      await talk.client.ready();
      await talk.talk(100);
      await talk.check();
    } finally {
      await talk.end();
    }
  });

  test('a first visit without a network is an outage: nothing is blamed, all is well when it is back', async () => {
    const talk = await Talk.alone({ fault: { refuse: true } });
    try {
      talk.client.start();
      await until('an outage is told', () => talk.client.status.why === 'outage');
      talk.proxy.set({});
      await talk.settles('websocket');
      assert.equal(talk.client.status.fellBackFrom, undefined);
      await talk.talk(50);
      await talk.check();
    } finally {
      await talk.end();
    }
  });

  test('an outage later on: the transport is kept, what was sent meanwhile arrives once', async () => {
    const talk = await Talk.alone();
    try {
      talk.client.start();
      await talk.settles('websocket');
      await talk.talk(20);
      talk.proxy.set({ refuse: true });
      const talking = talk.talk(50);
      await until('an outage is told', () => talk.client.status.why === 'outage');
      talk.proxy.set({});
      await talking;
      await talk.settles('websocket');
      assert.equal(talk.client.status.fellBackFrom, undefined);
      await talk.check();
      assert.deepEqual(blamed(talk), []);
    } finally {
      await talk.end();
    }
  });

  test('a network that swallows everything: the watchdog tells, and it is an outage', async () => {
    const talk = await Talk.alone({ timing: { watchdogHeartbeats: 0.2 } }); // of 20 s
    try {
      talk.client.start();
      await talk.settles('websocket');
      await talk.talk(20);
      const blackAt = Date.now();
      talk.proxy.set({ black: true });
      const talking = talk.talk(50);
      await until('an outage is told', () => talk.client.status.why === 'outage');
      assert.ok(Date.now() - blackAt > 3_000, 'not before the watchdog');
      talk.proxy.cut();
      talk.proxy.set({});
      await talking;
      await talk.settles('websocket');
      assert.equal(talk.client.status.fellBackFrom, undefined);
      await talk.check();
    } finally {
      await talk.end();
    }
  });

  test('a page that wakes does not wait for the watchdog', async () => {
    const page = { window: new EventTarget(), document: new EventTarget() };
    page.document.visibilityState = 'visible';
    const talk = await Talk.alone({ page });
    try {
      talk.client.start();
      await talk.settles('websocket');
      talk.proxy.set({ black: true }); // what was open stays open, and silent
      page.window.dispatchEvent(new Event('online'));
      await until('it has noticed', () => talk.client.status.state !== 'live', 3_000);
      talk.proxy.cut();
      talk.proxy.set({});
      await talk.settles('websocket');
      await talk.talk(20);
      await talk.check();
    } finally {
      await talk.end();
    }
  });

  test('401: the client ends and says why', async () => {
    for (const options of [{}, { transports: ['websocket'] }, { transports: ['sse'] }, { transports: ['poll'] }]) {
      const talk = await Talk.alone({ fault: { unauthorized: true }, ...options });
      try {
        const ended = new Promise((done) => talk.client.on('ended', done));
        talk.client.start();
        await assert.rejects(talk.client.ready(), { name: 'EndedError', code: 'unauthorized' });
        assert.equal((await ended).code, 'unauthorized');
        assert.throws(() => talk.client.start(), { name: 'EndedError' });
        await assert.rejects(talk.client.room(talk.room).send('late'), { name: 'EndedError' });
      } finally {
        await talk.end();
      }
    }
  });

  test('a 401 that is not the server\'s, as of a proxy that asks to log in, ends nothing', async () => {
    for (const transports of [['sse'], ['poll']]) {
      const talk = await Talk.alone({ fault: { login: true }, transports });
      try {
        talk.client.start();
        await until('it has been refused', () => talk.client.status.state === 'waiting');
        talk.proxy.set({});
        await talk.settles(transports[0]);
        await talk.talk(3);
        await talk.check();
      } finally {
        await talk.end();
      }
    }
  });

  test('401 to a WebSocket, of which a page sees nothing: the client finds out and ends', async () => {
    const talk = await Talk.alone({ transports: ['websocket'] });
    try {
      talk.client.start();
      await talk.settles('websocket');
      const ended = new Promise((done) => talk.client.on('ended', done));
      talk.proxy.set({ unauthorized: true });
      talk.proxy.cut();
      assert.equal((await ended).code, 'unauthorized');
    } finally {
      await talk.end();
    }
  });

  test('what was learned is kept for the network: the next client begins with what works', async () => {
    const kept = new Map();
    const store = {
      get: (key) => kept.get(key) ?? null,
      set: (key, value) => void kept.set(key, value),
      remove: (key) => void kept.delete(key),
      keys: () => [...kept.keys()],
    };
    const talk = await Talk.alone({ fault: { noUpgrade: true, behind: true }, store });
    try {
      talk.client.start();
      await talk.settles('sse');
      talk.client.close();
      const before = talk.proxy.seen.length;
      talk.client = talk.newClient({ store });
      talk.client.start();
      await talk.settles('sse');
      const asked = talk.proxy.seen.slice(before);
      assert.equal(asked.filter((line) => line.startsWith('UPGRADE')).length, 0);
      assert.equal(asked.filter((line) => line.includes('/rt/v1/sse')).length, 1);
      await talk.talk(20);
      await talk.check();
    } finally {
      await talk.end();
    }
  });

  test('when the network mends, it steps up beside the working transport, and loses nothing', async () => {
    const talk = await Talk.alone({ fault: { noUpgrade: true }, timing: { trialsMs: [300] } });
    try {
      talk.client.start();
      await talk.settles('sse');
      await until('a trial has failed', () => talk.proxy.count('UPGRADE') >= 2);
      assert.equal(talk.client.status.transport, 'sse');
      const before = talk.statuses.length;
      talk.proxy.set({});
      const talking = talk.talk(200);
      await talk.settles('websocket');
      await talking;
      assert.equal(talk.client.status.fellBackFrom, undefined);
      const states = talk.statuses.slice(before).map(({ state }) => state);
      assert.deepEqual([...new Set(states)], ['live'], 'events came all the time');
      await talk.check();
    } finally {
      await talk.end();
    }
  });
});
