// The client and the real server, in a network without faults.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FairleadClient, memoryStore, NetworkError, ProblemError, signIn } from '../../fallback/client/dist/index.js';
import { Server, until } from './support/server.mjs';
import { quick, Talk } from './support/talk.mjs';
import { TestWebSocket } from './support/websocket.mjs';

const server = new Server();
before(() => server.start());
after(() => server.stop());

const ended = [];
async function begin(options) {
  const talk = await Talk.begin(server, options);
  ended.push(talk);
  return talk;
}
after(async () => {
  for (const talk of ended) await talk.end();
});

test('a session goes on from one transport to the next', async () => {
  const talk = await begin();
  const sessions = new Set();
  talk.client.on('hello', ({ session }) => sessions.add(session));
  talk.client.start();
  await talk.settles('websocket');
  talk.proxy.set({ noUpgrade: true });
  talk.proxy.cut();
  await talk.settles('sse');
  await talk.talk(20);
  await talk.check();
  assert.equal(sessions.size, 1);
});

test('a node that restarts is waited for as it asks, and its transport is not blamed', async () => {
  const other = await new Server().start();
  const talk = await Talk.begin(other);
  try {
    talk.client.start();
    await talk.settles('websocket');
    await talk.talk(20);
    const stopping = other.end();
    await until('it is told', () => talk.statuses.some(({ why }) => why === 'restarting'));
    await stopping;
    await other.start();
    await talk.settles('websocket');
    assert.equal(talk.client.status.fellBackFrom, undefined);
    await talk.talk(20);
    await talk.check();
  } finally {
    await talk.end();
    await other.stop();
  }
});

test('a node that is killed in the middle of a conversation costs nothing', async () => {
  const other = await new Server().start();
  const talk = await Talk.begin(other);
  try {
    talk.client.start();
    await talk.settles('websocket');
    await talk.talk(20);
    const sends = Array.from({ length: 30 }, (_, i) => talk.client.room(talk.room).send(`more ${i}`));
    await sends[3];
    await other.end('SIGKILL');
    await other.start();
    await Promise.all(sends);
    const wanted = Array.from({ length: 30 }, (_, i) => `more ${i}`);
    await until('all came', () => talk.texts().length >= 70);
    assert.deepEqual(talk.texts().slice(40), wanted);
  } finally {
    await talk.end();
    await other.stop();
  }
});

test('a cursor that the server does not know: reset is told, and sync goes on', async () => {
  const talk = await begin();
  const resets = [];
  talk.client.on('reset', async ({ reason }) => {
    resets.push(reason);
    const snapshot = await talk.client.sync();
    assert.equal(snapshot.rooms.length, 1);
  });
  talk.client.start('nonsense');
  await talk.settles('websocket');
  assert.deepEqual(resets, ['unknown_cursor']);
  await talk.talk(10);
  await talk.check();
});

test('if nobody listens for reset, the client syncs by itself', async () => {
  const talk = await begin();
  talk.client.start('nonsense');
  await talk.settles('websocket');
  await talk.talk(10);
  await talk.check();
});

test('sync has every room, of however many pages', async () => {
  const talk = await begin();
  const rooms = 620; // a page has 500
  for (let made = 1; made < rooms; ) {
    const some = Array.from({ length: Math.min(50, rooms - made) }, (_, i) => `many ${made + i}`);
    const body = (name) => ({ token: talk.anna.token, body: { name, visibility: 'private' } });
    await Promise.all(some.map((name) => server.call('POST', '/api/v1/rooms', body(name))));
    made += some.length;
  }
  const snapshot = await talk.client.sync();
  assert.equal(new Set(snapshot.rooms.map(({ id }) => id)).size, rooms);
  assert.equal(snapshot.rooms.length, rooms);
  assert.equal(snapshot.has_more, false);
  await server.call('POST', `/api/v1/rooms/${talk.room}/messages`, { token: talk.ben.token, body: { text: 'after' } });
  talk.client.start();
  await until('it came', () => talk.texts().length > 0);
  assert.deepEqual(talk.texts(), ['after']);
});

test('sync and then start: no gap and no overlap, whatever happens in between', async () => {
  const talk = await begin();
  await talk.client.sync();
  await server.call('POST', `/api/v1/rooms/${talk.room}/messages`, { token: talk.ben.token, body: { text: 'between' } });
  talk.client.start();
  await until('it came', () => talk.texts().length > 0);
  assert.deepEqual(talk.texts(), ['between']);
});

test('stopped and started again it goes on from where it was', async () => {
  const talk = await begin();
  talk.client.start();
  await talk.client.ready();
  await talk.talk(5);
  await talk.check();
  talk.client.stop();
  for (const text of ['one', 'two']) {
    await server.call('POST', `/api/v1/rooms/${talk.room}/messages`, { token: talk.ben.token, body: { text } });
  }
  talk.client.start();
  await until('they came', () => talk.texts().length >= 12);
  assert.deepEqual(talk.texts().slice(10), ['one', 'two']);
});

test('the cursor moves only after an event was handed out', async () => {
  const talk = await begin();
  const cursors = [];
  talk.client.on('message.created', ({ cursor }) => cursors.push([cursor, talk.client.cursor]));
  talk.client.start();
  await talk.settles('websocket');
  await talk.talk(10);
  await talk.check();
  cursors.forEach(([own, then], i) => {
    assert.notEqual(then, own);
    if (i > 0) assert.equal(then, cursors[i - 1][0]);
  });
  assert.equal(talk.client.cursor, cursors.at(-1)[0]);
});

test('written offline and read from the store by the next client, a message arrives once', async () => {
  const store = memoryStore();
  const talk = await begin({ fault: { refuse: true }, store });
  talk.client.start();
  const sends = ['one', 'two', 'three'].map((text) => talk.client.room(talk.room).send(text));
  await until('an outage is told', () => talk.client.status.why === 'outage');
  assert.equal(talk.client.outbox.length, 3);
  talk.client.close();
  for (const send of sends) await assert.rejects(send, { name: 'EndedError', code: 'closed' });
  talk.proxy.set({});
  talk.client = talk.newClient({ store });
  talk.client.start();
  await until('all is sent', () => talk.client.outbox.length === 0);
  const path = `/api/v1/rooms/${talk.room}/messages`;
  const { messages } = await server.call('GET', path, { token: talk.ben.token });
  assert.deepEqual(messages.map(({ text }) => text), ['one', 'two', 'three']);
});

for (const transport of ['websocket', 'poll']) {
  test(`over ${transport}, what waits for slow mode goes when that is over, or when its writer need not wait`, async () => {
    const talk = await begin({ transports: [transport] });
    const { anna, ben } = talk;
    const path = `/api/v1/rooms/${talk.room}`;
    const decide = (by, method, at, body) => server.call(method, path + at, { token: by.token, body });
    await decide(anna, 'PUT', `/members/${ben.user.id}`, { role: 'owner' });
    await decide(ben, 'PUT', `/members/${anna.user.id}`, { role: 'member' });
    await decide(ben, 'PATCH', '', { slow_mode_seconds: 3_600 });
    talk.client.start();
    await talk.settles(transport);
    const waitUntil = async (text, change) => {
      void talk.client.room(talk.room).send(text);
      const { retry_at: at } = await until('it waits', () => talk.client.outbox.find(({ waiting }) => waiting));
      assert.ok(at - Date.now() > 3_500_000, 'as long as the server says');
      await change();
      await until('it goes', () => talk.client.outbox.length === 0);
    };
    await talk.client.room(talk.room).send('first');
    await waitUntil('second', () => decide(ben, 'PATCH', '', { slow_mode_seconds: 0 }));
    await decide(ben, 'PATCH', '', { slow_mode_seconds: 3_600 });
    await waitUntil('third', () => decide(ben, 'PUT', `/members/${anna.user.id}`, { role: 'moderator' }));
    await until('all came', () => talk.texts().length >= 3);
    assert.deepEqual(talk.texts(), ['first', 'second', 'third']);
  });
}

test('an answer that is lost does not make a second message', async () => {
  const talk = await begin({ transports: ['poll'] });
  talk.client.start();
  await talk.settles('poll');
  // The message is taken, its answer is not let through.
  talk.proxy.set({ cutAll: 1 });
  talk.proxy.cut();
  const sent = talk.client.room(talk.room).send('once');
  const path = `/api/v1/rooms/${talk.room}/messages`;
  const history = async () => (await server.call('GET', path, { token: talk.ben.token })).messages;
  await until('it is there', async () => (await history()).length > 0);
  await until('it was sent twice', () => talk.proxy.count(`POST ${path}`) >= 2);
  talk.proxy.set({});
  assert.equal((await sent).text, 'once');
  assert.equal((await history()).length, 1);
});

test('a refused message says why, stays to be seen, and can be discarded', async () => {
  const talk = await begin();
  talk.client.start();
  await talk.client.ready();
  const room = talk.client.room(talk.room);
  const bad = room.send('x'.repeat(4_001));
  const good = room.send('good');
  await assert.rejects(bad, (error) => error instanceof ProblemError && error.status === 422);
  assert.equal((await good).text, 'good');
  const [item] = talk.client.outbox;
  assert.equal(item.state, 'failed');
  talk.client.discard(item.nonce);
  assert.deepEqual(talk.client.outbox, []);
});

test('a message is not taken for sent because somebody else has used its nonce', async () => {
  let isHeld = true;
  const talk = await begin({
    transports: ['sse'],
    fetch: (url, init) =>
      isHeld && init.method === 'POST' && url.endsWith('/messages') ? Promise.reject(new TypeError('held')) : fetch(url, init),
  });
  talk.client.start();
  await talk.settles('sse');
  const mine = talk.client.room(talk.room).send('mine', { nonce: 'order-1' });
  const path = `/api/v1/rooms/${talk.room}/messages`;
  await server.call('POST', path, { token: talk.ben.token, body: { text: 'theirs', nonce: 'order-1' } });
  await until('theirs came', () => talk.events.some(({ data }) => data.text === 'theirs'));
  assert.equal(talk.client.outbox.length, 1);
  isHeld = false;
  assert.equal((await mine).text, 'mine');
});

test('a room reads well: history, edit, react, read, typing, members', async () => {
  const talk = await begin();
  talk.client.start();
  await talk.settles('websocket');
  const room = talk.client.room(talk.room);
  const seen = [];
  for (const type of ['message.updated', 'reaction.added', 'message.deleted', 'read.updated']) {
    talk.client.on(type, (event) => seen.push(event.type));
  }
  const message = await room.send('helo');
  await room.edit(message.id, 'hello');
  await room.react(message.id, '👍');
  await room.read(message.id);
  const { messages } = await room.history({ limit: 10 });
  assert.deepEqual(messages.map(({ text }) => text), ['hello']);
  assert.equal((await room.members()).length, 2);
  await room.unreact(message.id, '👍');
  await room.typing();
  await room.delete(message.id);
  await until('all were told', () => seen.includes('message.deleted'));
  assert.ok(seen.includes('message.updated') && seen.includes('reaction.added') && seen.includes('read.updated'));
});

test('for await: events of the room, until the client is closed', async () => {
  const talk = await begin();
  talk.client.start();
  await talk.client.ready();
  const got = [];
  const reading = (async () => {
    for await (const message of talk.client.room(talk.room).messages()) got.push(message.text);
  })();
  await talk.talk(5);
  await talk.check();
  await until('the iterator has them', () => got.length === 10);
  assert.deepEqual(got, talk.texts());
  talk.client.close();
  await reading;
});

test('signed out elsewhere: the client ends within moments', async () => {
  const talk = await begin({ transports: ['sse', 'poll'] });
  talk.client.start();
  await talk.settles('sse');
  const over = new Promise((done) => talk.client.on('ended', done));
  await server.call('DELETE', '/api/v1/sessions/current', { token: talk.anna.token });
  assert.equal((await over).code, 'unauthorized');
  assert.equal(talk.client.status.state, 'ended');
});

test('signed in by name, over WebSocket, and ended by close code 4001', async () => {
  const { user } = await server.signUp('carla');
  const { token } = await signIn({ url: server.url, name: 'carla', password: 'correct horse' });
  const client = new FairleadClient({ url: server.url, token, webSocket: TestWebSocket, timing: quick });
  let greeted;
  client.on('hello', (hello) => (greeted = hello.user));
  client.start();
  await until('WebSocket', () => client.status.transport === 'websocket');
  assert.equal(greeted.id, user.id);
  const over = new Promise((done) => client.on('ended', done));
  await server.call('DELETE', '/api/v1/sessions/current', { token });
  assert.equal((await over).code, 'unauthorized');
});

test('a fresh token is taken over an open connection', async () => {
  const talk = await begin();
  talk.client.start();
  await talk.settles('websocket');
  const { token } = await server.call('POST', '/api/v1/tokens/refresh', { token: talk.anna.token });
  await talk.client.setToken(token);
  await talk.talk(5);
  await talk.check();
});

test('a page that goes lets go of the connection, and goes on when it is back', async () => {
  const page = { window: new EventTarget(), document: new EventTarget() };
  page.document.visibilityState = 'visible';
  const talk = await begin({ page });
  talk.client.start();
  await talk.settles('websocket');
  page.window.dispatchEvent(new Event('pagehide'));
  assert.equal(talk.client.status.state, 'idle');
  await server.call('POST', `/api/v1/rooms/${talk.room}/messages`, { token: talk.ben.token, body: { text: 'meanwhile' } });
  page.window.dispatchEvent(new Event('pageshow'));
  await until('it came', () => talk.texts().length > 0);
  assert.deepEqual(talk.texts(), ['meanwhile']);
  await talk.settles('websocket');
});

test('what may be used is changed in the middle of a conversation: nothing is lost, the session stays', async () => {
  const talk = await begin();
  const sessions = new Set();
  talk.client.on('hello', ({ session }) => sessions.add(session));
  talk.client.start();
  await talk.settles('websocket');
  const talking = talk.talk(60);
  for (const transport of ['sse', 'poll', 'websocket', 'sse']) {
    talk.client.setTransports([transport]);
    await talk.settles(transport);
    assert.ok((await talk.client.ping()) >= 0);
  }
  talk.client.setTransports();
  await talk.settles('websocket');
  await talking;
  await talk.check();
  assert.equal(sessions.size, 1);
  assert.throws(() => talk.client.setTransports([]), TypeError);
});

test('the only transport that may be used does not get through: a poll stands in, the choice is kept', async () => {
  const talk = await begin({ fault: { noUpgrade: true }, transports: ['websocket'] });
  talk.client.start();
  await talk.settles('poll');
  const tried = talk.proxy.count('UPGRADE');
  await until('it is tried again', () => talk.proxy.count('UPGRADE') > tried + 1);
  await talk.talk(5);
  await talk.check();
  talk.proxy.set({});
  await talk.settles('websocket');
});

test('a round trip that does not come is a NetworkError', async () => {
  const talk = await begin({ transports: ['poll'] });
  talk.proxy.set({ refuse: true });
  await assert.rejects(talk.client.ping(), NetworkError);
});
