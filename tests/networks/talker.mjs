// The client under test as a process of its own: it connects, says what happens as JSON, a line each, and does
// what it is told, a JSON line each. It ends when its input does.
//
//   node talker.mjs '{"url": "http://127.0.0.1:8080", "token": "…", "cursor": "…", "timing": {…}}'
//
// Arguments: `url`, `token`; and as one likes `cursor` (absent: from now), `transports`, `rooms`, `timing`
// (fallback/client, Timing), `proxy` and `ca` (ways.mjs), `webSocket: false` for a platform without.
// In:   {"do":"send","room":ID,"text":…}   {"do":"check"} as a page that wakes up   {"do":"stop"}   {"do":"start"}
// Out:  {"is":WHAT,"at":MS,…}; `at` is milliseconds since the epoch, with fractions:
//   started                      now the client was told to connect
//   status {status}              client.status has changed
//   hello {hello}                a connection was greeted
//   event {event, latency_ms}    since the server's `time`; the clocks must be the same
//   sent {text, id, ms}          the server has it, after so long
//   unsent {text, error}
//   reset {reason}, ended {code}

import { webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';
import { FairleadClient } from '../../fallback/client/dist/index.js';
import { ways } from './ways.mjs';

globalThis.crypto ??= webcrypto; // not yet global in Node 18

const now = () => performance.timeOrigin + performance.now();
const tell = (is, more = {}) => process.stdout.write(`${JSON.stringify({ is, at: now(), ...more })}\n`);

const { cursor, proxy, ca, webSocket: hasWebSocket = true, ...options } = JSON.parse(process.argv[2] ?? '{}');
if (!options.url || !options.token) {
  console.error(`talker: give {"url": …, "token": …} as JSON, not ${process.argv[2]}`);
  process.exit(2);
}

const way = ways({ url: options.url, proxy, ca });
// As much of a page as the client listens to.
const page = { window: new EventTarget(), document: Object.assign(new EventTarget(), { visibilityState: 'visible' }) };
const client = new FairleadClient({ ...options, ...way, ...(hasWebSocket ? {} : { webSocket: null }), page });
client.on('status', (status) => tell('status', { status }));
client.on('hello', (hello) => tell('hello', { hello }));
client.on('event', (event) => tell('event', { event, latency_ms: now() - Date.parse(event.time) }));
client.on('reset', ({ reason }) => tell('reset', { reason }));
client.on('ended', ({ code }) => tell('ended', { code }));

const orders = {
  async send({ room, text }) {
    const began = now();
    try {
      const { id } = await client.room(room).send(text);
      tell('sent', { text, id, ms: now() - began });
    } catch (error) {
      tell('unsent', { text, error: String(error) });
    }
  },
  check: () => page.window.dispatchEvent(new Event('online')),
  stop: () => client.stop(),
  start: () => client.start(),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const order = JSON.parse(line);
  void orders[order.do](order);
});
lines.on('close', () => {
  client.close();
  process.exit(0); // what still waits (a tunnel, a keep-alive) is of no interest any more
});

tell('started');
client.start(cursor);
