// permessage-deflate as others speak it, through nginx: npm's ws, and Chromium.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { password } from './support/person.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const { stack, browser } = await site({ flags: ['--websocket-deflate', 'on'] });
let people = 0;

async function call(path, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${stack.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

async function somebodyInARoom() {
  people += 1;
  const { token } = await call('/users', { name: `person${people}`, password });
  const room = await call('/rooms', { name: `room ${people}`, visibility: 'public' }, token);
  return { token, room: room.id };
}

const url = () => `${stack.url.replace('http', 'ws')}/rt/v1/ws?probe=0`;
const texts = [10, 300, 4_000].map((chars) => 'wörds and words '.repeat(chars / 10).slice(0, chars));

/** A client of ws whose messages' sizes on the wire are seen. */
function connect(token, options) {
  const socket = new WebSocket(url(), ['fairlead.v1.json', `fairlead.bearer.${token}`], options);
  const events = [];
  socket.on('message', (data) => events.push(JSON.parse(data)));
  return { socket, events, of: (type) => events.filter((event) => event.type === type) };
}

for (const [name, offer] of Object.entries({
  'as it comes': true,
  'with windows of its own': { clientMaxWindowBits: 9, serverMaxWindowBits: 12 },
  'without context takeover': { clientNoContextTakeover: true, serverNoContextTakeover: true, threshold: 0 },
})) {
  test(`ws, ${name}: what is said arrives as it was, both ways`, async () => {
    const { token, room } = await somebodyInARoom();
    const { socket, of } = connect(token, { perMessageDeflate: offer });
    await until('hello', () => of('hello').length === 1);
    assert.match(socket.extensions, /permessage-deflate/);
    const before = socket._socket.bytesRead;
    for (const [n, text] of texts.entries()) {
      socket.send(JSON.stringify({ op: 'send', ref: n, room_id: room, text, nonce: `n${n}` }));
    }
    await until('all have come', () => of('message.created').length === texts.length && of('ack').length === texts.length);
    assert.deepEqual(of('message.created').map(({ data }) => data.text), texts);
    const plain = [...of('message.created'), ...of('ack')].reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    const read = socket._socket.bytesRead - before;
    assert.ok(read < 0.8 * plain, `${read} bytes of ${plain}`);
    socket.close();
    await until('it is closed', () => socket.readyState === WebSocket.CLOSED);
  });
}

test('a window that is smaller than ours is declined, and all goes on without', async () => {
  const { token, room } = await somebodyInARoom();
  const { socket, of } = connect(token, { perMessageDeflate: { serverMaxWindowBits: 9 } });
  await until('hello', () => of('hello').length === 1);
  assert.equal(socket.extensions, '');
  socket.send(JSON.stringify({ op: 'send', ref: 1, room_id: room, text: texts[2] }));
  await until('it has come', () => of('message.created').length === 1);
  socket.close();
});

test('Chromium: what is said arrives as it was, both ways', async () => {
  const { token, room } = await somebodyInARoom();
  const page = await browser.newPage();
  await page.goto(stack.url);
  const got = await page.evaluate(
    async ([address, protocols, to, said]) => {
      const socket = new WebSocket(address, protocols);
      const created = [];
      await new Promise((done, failed) => {
        const late = setTimeout(() => failed(new Error(`only ${created.length}`)), 20_000);
        socket.onclose = ({ code }) => failed(new Error(`closed ${code}`));
        socket.onmessage = ({ data }) => {
          const event = JSON.parse(data);
          if (event.type === 'hello') {
            for (const [n, text] of said.entries()) {
              socket.send(JSON.stringify({ op: 'send', ref: n, room_id: to, text, nonce: `n${n}` }));
            }
          }
          if (event.type === 'message.created') created.push(event.data.text);
          if (created.length < said.length) return;
          clearTimeout(late);
          done();
        };
      });
      return { created, extensions: socket.extensions };
    },
    [url(), ['fairlead.v1.json', `fairlead.bearer.${token}`], room, texts],
  );
  assert.match(got.extensions, /^permessage-deflate; server_no_context_takeover; client_no_context_takeover$/);
  assert.deepEqual(got.created, texts);
  await page.close();
});
