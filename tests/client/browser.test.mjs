// The bundle in a real Chromium: its WebSocket, its fetch, its locks and channels. Frames of one origin share
// those as tabs do.
//
// CHROMIUM_BIN  the browser (default: chromium)

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, until } from './support/server.mjs';
import { Talk } from './support/talk.mjs';

const server = new Server();
before(() => server.start());
after(() => server.stop());

const bundle = new URL('../../fallback/client/dist/fairlead-client.min.js', import.meta.url);
const html = new URL('./support/page.html', import.meta.url);

/** Opens a page in a browser of its own; the function that is returned ends it. */
function browse(url) {
  const profile = mkdtempSync(join(tmpdir(), 'fairlead-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`];
  const child = spawn(process.env.CHROMIUM_BIN ?? 'chromium', [...flags, url], { stdio: 'ignore', detached: true });
  const ended = new Promise((done) => child.on('exit', done));
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  };
  process.on('exit', kill);
  return async () => {
    kill();
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}

test('two tabs share a connection; the one that has it goes in the middle of a conversation', async () => {
  const talk = await Talk.begin(server);
  const { proxy, room, anna, ben } = talk;
  proxy.pages['/page'] = { type: 'text/html', body: readFileSync(html) };
  proxy.pages['/client.js'] = { type: 'text/javascript', body: readFileSync(bundle) };
  const hash = encodeURIComponent(JSON.stringify({ token: anna.token, room }));
  const leave = browse(`${proxy.url}/page#${hash}`);
  try {
    await until('the second tab follows the first', () => proxy.told.some(({ status }) => status?.shared && status.transport === 'websocket'), 30_000);
    assert.equal(proxy.count('UPGRADE'), 1);
    for (let i = 0; i < 60; i += 1) {
      const path = `/api/v1/rooms/${room}/messages`;
      await server.call('POST', path, { token: ben.token, body: { text: `ben ${i}` } });
    }
    await until('the page has written all', () => proxy.told.some(({ written }) => written), 30_000);
    const latest = () => proxy.told.findLast(({ texts }) => texts);
    await until('it has everything', () => latest()?.texts.length === 120);
    const path = `/api/v1/rooms/${room}/messages?limit=200`;
    const { messages } = await server.call('GET', path, { token: ben.token });
    assert.deepEqual(latest().texts, messages.map(({ text }) => text));
    await until('the second leads, over a WebSocket of its own', () => latest().status.transport === 'websocket' && !latest().status.shared);
    assert.equal(proxy.count('UPGRADE'), 2);
  } finally {
    await leave();
    await talk.end();
  }
});

test('where WebSocket is refused, the page reads SSE by fetch', async () => {
  const talk = await Talk.begin(server, { fault: { noUpgrade: true } });
  const { proxy, room, anna } = talk;
  const script = `
    import { FairleadClient } from '/client.js';
    const tell = (what) => fetch('/told', { method: 'POST', body: JSON.stringify(what) });
    const client = new FairleadClient({ token: ${JSON.stringify(anna.token)} });
    client.on('status', (status) => tell({ status }));
    client.on('message.created', ({ data }) => tell({ text: data.text }));
    client.start();`;
  proxy.pages['/page'] = { type: 'text/html', body: `<!doctype html><script type="module">${script}</script>` };
  proxy.pages['/client.js'] = { type: 'text/javascript', body: readFileSync(bundle) };
  const leave = browse(`${proxy.url}/page`);
  try {
    const status = await until('SSE', () => proxy.told.find(({ status }) => status?.transport === 'sse')?.status, 30_000);
    assert.deepEqual([status.fellBackFrom, status.cause], ['websocket', 'refused']);
    const body = { text: 'hello, page' };
    await server.call('POST', `/api/v1/rooms/${room}/messages`, { token: talk.ben.token, body });
    await until('it came', () => proxy.told.some(({ text }) => text === 'hello, page'));
  } finally {
    await leave();
    await talk.end();
  }
});
