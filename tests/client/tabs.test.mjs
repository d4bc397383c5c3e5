// Tabs that share a connection: real server, real client, the browser's locks and channels replaced.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeChannels, FakeLocks } from './support/fakes.mjs';
import { Server, until } from './support/server.mjs';
import { Talk } from './support/talk.mjs';

const server = new Server();
before(() => server.start());
after(() => server.stop());

const open = [];
after(async () => {
  for (const talk of open) await talk.end();
});

/** Two tabs; the first leads. Each has a list of the events that it was given. */
async function twoTabs() {
  const locks = new FakeLocks();
  const channels = new FakeChannels();
  const tabs = { locks, openChannel: channels.openChannel };
  const talk = await Talk.begin(server, { tabs });
  open.push(talk);
  talk.client.start();
  await talk.settles('websocket');
  const events = [];
  const second = talk.newClient({ tabs, events });
  second.start(talk.client.cursor);
  await until('the second tab follows', () => second.status.state === 'live');
  const connections = () => talk.proxy.count('UPGRADE');
  return { talk, second, events, channels, tabs, connections };
}

test('one connection serves both, and both get everything once and in order', async () => {
  const { talk, second, events, connections } = await twoTabs();
  assert.equal(second.status.shared, true);
  assert.equal(second.status.transport, 'websocket');
  await Promise.all([talk.talk(50), second.room(talk.room).typing()]);
  await talk.check();
  await talk.check(events);
  assert.equal(connections(), 1);
  second.close();
});

test('the leader goes in the middle of a conversation: the other takes over, nothing is lost', async () => {
  const { talk, second, events, connections } = await twoTabs();
  await talk.talk(20);
  await talk.check(events);
  const leader = talk.client;
  talk.client = second; // who writes from now on
  const talking = talk.talk(60);
  await until('in the middle', () => events.length > 60);
  leader.close();
  await talking;
  await talk.check(events);
  await talk.settles('websocket');
  assert.equal(second.status.shared, undefined);
  assert.equal(connections(), 2);
});

test('what a tab did not hear, asleep or late, it gets by itself', async () => {
  const { talk, second, events, channels } = await twoTabs();
  let heard = 0;
  channels.lose = ({ tell }) => tell === 'event' && (heard += 1) % 3 === 0;
  await talk.talk(50);
  channels.lose = () => false;
  await talk.talk(5);
  await talk.check();
  await talk.check(events);
  second.close();
});

test('a tab that opens later, from a cursor of its own, has no gap and no overlap', async () => {
  const { talk, second, tabs } = await twoTabs();
  await talk.talk(20);
  const late = [];
  const third = talk.newClient({ tabs, events: late });
  const talking = talk.talk(40);
  const snapshot = await third.sync();
  third.start();
  await talking;
  await talk.check();
  const before = talk.events.findIndex(({ cursor }) => cursor === snapshot.cursor);
  const wanted = talk.texts(talk.events.slice(before + 1));
  await until('it has the rest', () => talk.texts(late).length >= wanted.length);
  assert.ok(before >= 0, 'the snapshot was made in the middle of the conversation');
  assert.deepEqual(talk.texts(late), wanted);
  second.close();
  third.close();
});

test('a message sent by a tab that follows arrives once, also when that tab is then closed', async () => {
  const { talk, second } = await twoTabs();
  await second.room(talk.room).send('from the second');
  second.close();
  await until('it came', () => talk.texts().length > 0);
  assert.deepEqual(talk.texts(), ['from the second']);
});

test('an end for all: both tabs are told', async () => {
  const { talk, second } = await twoTabs();
  const ends = [talk.client, second].map((client) => new Promise((done) => client.on('ended', done)));
  await server.call('DELETE', '/api/v1/sessions/current', { token: talk.anna.token });
  for (const end of ends) assert.equal((await end).code, 'unauthorized');
});

test('the end of one tab\'s token is not the end of a tab with another one, which goes on without a gap', async () => {
  const locks = new FakeLocks();
  const tabs = { locks, openChannel: new FakeChannels().openChannel };
  const talk = await Talk.begin(server, { tabs, scope: 'anna' });
  open.push(talk);
  talk.client.start();
  await talk.settles('websocket');
  const body = { name: talk.anna.user.name, password: talk.anna.password };
  const { token } = await server.call('POST', '/api/v1/sessions', { body });
  const events = [];
  const second = talk.newClient({ tabs, events, token, scope: 'anna' });
  second.start(talk.client.cursor);
  await until('the second tab follows', () => second.status.state === 'live');
  const ended = new Promise((done) => talk.client.on('ended', done));
  await server.call('DELETE', '/api/v1/sessions/current', { token: talk.anna.token });
  assert.equal((await ended).code, 'unauthorized');
  talk.client = second;
  await talk.talk(10);
  await talk.check(events);
  assert.equal(second.status.state, 'live');
});

test('told to use another transport, the tab that leads changes over for both', async () => {
  const { talk, second, events } = await twoTabs();
  for (const client of [second, talk.client]) client.setTransports(['sse']);
  await talk.settles('sse');
  await until('the other knows', () => second.status.transport === 'sse' && second.status.shared);
  await talk.talk(5);
  await talk.check(events);
  talk.client.close();
  talk.client = second;
  await talk.settles('sse');
});
