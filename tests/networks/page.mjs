// A site in front of the server, with a page on which the client runs: for a real browser. Prints {"port": N}, then what
// the page tells, a JSON line each. Ends when its input does.
//
//   node page.mjs '{"server": "http://127.0.0.1:8080", "token": …}'

import { readFileSync } from 'node:fs';
import { FaultProxy } from '../client/support/proxy.mjs';

const { server, token } = JSON.parse(process.argv[2]);
const script = `
  import { FairleadClient } from '/client.js';
  let telling = Promise.resolve(); // one after the other, so that they come in order
  const tell = (what) => (telling = telling.then(() => fetch('/told', { method: 'POST', body: JSON.stringify(what) })));
  const client = new FairleadClient({ token: ${JSON.stringify(token)} });
  client.on('status', (status) => tell({ status }));
  client.on('message.created', ({ data }) => {
    tell({ text: data.text });
    if (data.text.startsWith('ben')) client.room(data.room_id).send('re: ' + data.text);
  });
  client.start();`;
const bundle = new URL('../../fallback/client/dist/fairlead-client.min.js', import.meta.url);

const site = new FaultProxy(server);
site.pages['/page'] = { type: 'text/html', body: `<!doctype html><script type="module">${script}</script>` };
site.pages['/client.js'] = { type: 'text/javascript', body: readFileSync(bundle) };
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
site.told.push = say; // instead of keeping it
await site.start();
say({ port: Number(new URL(site.url).port) });
process.stdin.on('end', () => process.exit(0)).resume();
