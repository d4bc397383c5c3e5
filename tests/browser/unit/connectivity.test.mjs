// The knowledge of the connection test: what was found → what it means → what to change; and links from strangers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knowledge, symptomOf } from '../../../web/js/connectivity/knowledge.js';
import { products, productsIn } from '../../../web/js/connectivity/products.js';
import { causes, decode, encode, steps } from '../../../web/js/connectivity/result.js';
import { verdictOf } from '../../../web/js/connectivity/verdict.js';
import { textOf, titleOf, wordsOf } from '../../../web/js/connectivity/words.js';

const works = { ok: true, ms: 20 };
const fails = (cause) => ({ ok: false, cause });
const clean = {
  reach: works,
  http: { ok: true, browser: 'h2', server: '1.1', tls: true },
  headers: { ok: true },
  methods: { ok: true },
  cache: { ok: true },
  sizes: { ok: true },
  websocket: works,
  sse: { ...works, lagMs: 4 },
  post: { ...works, lagMs: 4 },
  poll: { ...works, heldMs: 3_000 },
};
const resultOf = (change = {}, more = {}) => ({
  at: 1_795_000_000, account: true, products: [], steps: { ...clean, ...change }, ...more,
});
const symptoms = (change, more) => verdictOf(resultOf(change, more)).causes.map(({ symptom }) => symptom);

test('where everything works nothing is to be changed', () => {
  const verdict = verdictOf(resultOf());
  assert.deepEqual([verdict.level, verdict.transport, verdict.causes], ['good', 'websocket', []]);
  assert.deepEqual(verdict.sentences, ['Fairlead uses WebSocket; messages arrive at once.']);
});

test('the transport is the one that the client would choose', () => {
  const transport = (change) => verdictOf(resultOf({ websocket: fails('refused'), ...change })).transport;
  assert.equal(transport({}), 'sse');
  assert.equal(transport({ sse: fails('refused') }), 'poll'); // nobody asks by POST for what is refused
  assert.equal(transport({ sse: fails('held') }), 'sse'); // by POST, with padding
  assert.equal(transport({ sse: fails('held'), post: fails('held') }), 'poll');
  assert.equal(transport({ sse: fails('held'), post: fails('held'), helped: { ...works, by: 'padding' } }), 'sse');
  assert.equal(transport({ sse: fails('behind') }), 'poll');
  assert.equal(transport({ sse: fails('behind'), helped: { ...works, by: 'flush' } }), 'sse');
  assert.equal(transport({ sse: fails('one_way'), post: fails('one_way') }), 'poll');
  assert.equal(transport({ sse: fails('held'), post: fails('held'), poll: fails('cut') }), undefined);
});

test('each cause of the client has its symptom, unless it is the server’s own', () => {
  for (const [transport, of] of Object.entries(symptomOf)) {
    for (const [cause, symptom] of Object.entries(of)) {
      assert.ok(causes.includes(cause), cause);
      assert.deepEqual(symptoms({ [transport]: fails(cause) }), [symptom]);
    }
  }
  const busy = verdictOf(resultOf({ websocket: fails('busy') }));
  assert.deepEqual([busy.level, busy.causes], ['limited', []]);
  assert.match(busy.sentences.join(' '), /try again/);
  assert.equal(verdictOf(resultOf({ websocket: fails('busy'), sse: fails('busy'), poll: fails('busy') })).level, 'unknown');
});

test('what requests show has its symptom, with what it is about', () => {
  const says = (change) => verdictOf(resultOf(change)).causes[0];
  assert.match(says({ headers: { ok: false, lost: ['last-event-id'] } }).mend, /Pass last-event-id on/);
  assert.match(says({ methods: { ok: false, lost: ['PUT', 'DELETE'] } }).says, /PUT, DELETE/);
  assert.match(says({ sizes: { ok: false, lost: ['header', 'body'] } }).says, /headers, messages/);
  assert.equal(says({ cache: { ok: false } }).symptom, 'cached');
  assert.equal(says({ http: { ok: false, server: '1.0' } }).symptom, 'http10');
  assert.match(says({ silence: { ok: false, seconds: 25, cut: ['websocket'], afterSeconds: 9 } }).says, /WebSocket after 9 s/);
  assert.match(says({ reach: { ok: true, ms: 1_640 } }).says, /1\.6 s/);
});

test('where nothing answers, nothing else is said', () => {
  const verdict = verdictOf({ ...resultOf(), steps: { reach: { ok: false } } });
  assert.deepEqual([verdict.level, verdict.causes.length, verdict.transport], ['bad', 1, undefined]);
});

test('without an account it is said what is not known', () => {
  const { reach, http, headers } = clean;
  const verdict = verdictOf({ ...resultOf(), account: false, steps: { reach, http, headers } });
  assert.equal(verdict.level, 'unknown');
  assert.match(verdict.sentences.join(' '), /signed in/);
});

test('how late messages come follows from what carries them', () => {
  const arrives = (change) => verdictOf(resultOf({ reach: { ok: true, ms: 100 }, websocket: fails('refused'), ...change })).arrivesMs;
  assert.equal(arrives({ sse: { ok: true, ms: 100, lagMs: 200 } }), 250);
  assert.equal(arrives({ sse: fails('behind'), helped: { ok: true, ms: 100, lagMs: 30, by: 'flush' } }), 110);
  assert.equal(arrives({ sse: fails('refused'), poll: { ok: true, ms: 240 } }), 250);
  const { sentences } = verdictOf(resultOf({ websocket: fails('refused'), sse: fails('refused'), poll: { ok: true, ms: 240 } }));
  assert.match(sentences.at(-1), /long polling; messages arrive in about 0\.3 s/);
});

test('who has named itself is told first what to change, and nginx always', () => {
  const [{ remedies }] = verdictOf(resultOf({ websocket: fails('refused') }, { products: ['squid'] })).causes;
  assert.deepEqual(remedies.map(({ product }) => product), ['squid', 'nginx']);
  assert.match(remedies[0].change, /http_upgrade_request_protocols/);
});

test('every remedy is for a product that can be named, and every sentence is one', () => {
  for (const [symptom, { says, mend, with: by }] of Object.entries(knowledge)) {
    assert.match(says, /^[A-Z].*\.$/, symptom);
    assert.match(mend, /^[A-Z].*[.?]$/, symptom);
    for (const product of Object.keys(by)) assert.ok(product === 'nginx' || Object.hasOwn(products, product), product);
  }
});

test('products are known by the headers of answers, and by those that they add', () => {
  const of = (headers, names = []) => productsIn(new Headers(headers), names);
  assert.deepEqual(of({ server: 'nginx/1.22.1' }), []);
  assert.deepEqual(of({ via: '1.1 cache.example (squid/5.7)', 'x-cache': 'MISS from squid' }), ['squid']);
  assert.deepEqual(of({ 'cf-ray': '8f', server: 'cloudflare' }, ['CF-Connecting-IP']), ['cloudflare']);
  assert.deepEqual(of({}, ['x-amzn-trace-id', 'constructor', 'host']), ['aws']);
});

test('each step has words for each of its ends', () => {
  for (const name of Object.keys(steps)) {
    assert.ok(titleOf(name));
    for (const step of [{ ok: true }, { ok: false }]) assert.equal(typeof wordsOf(name, step), 'string', name);
  }
  const text = textOf(resultOf({ websocket: fails('one_way') }, { products: ['privoxy'] }), { where: 'W', link: 'L' });
  assert.match(text, /BAD {2}WebSocket: what this browser says does not arrive/);
  assert.match(text, /On the way: Privoxy/);
  assert.match(text, /one_way_101/);
});

test('a result travels in a link as it is', () => {
  const result = resultOf({ websocket: fails('silent'), silence: { ok: false, seconds: 55, cut: ['sse', 'poll'], afterSeconds: 30 } }, { products: ['squid', 'varnish'] });
  const fragment = encode(result);
  assert.match(fragment, /^r=[A-Za-z0-9_-]+$/);
  assert.ok(fragment.length < 1_500);
  assert.deepEqual(decode(fragment), result);
});

test('what is not exactly such a result is nothing', () => {
  const good = resultOf();
  const bad = [
    { v: 2 },
    { at: -1 },
    { at: '1795000000' },
    { at: 1e99 },
    { account: 1 },
    { products: ['squid', 'squid'] },
    { products: ['<img src=x>'] },
    { products: 'squid' },
    { more: true },
    { steps: [] },
    { steps: null },
    { steps: { reach: { ms: 3 } } },
    { steps: { reach: { ok: true, ms: 1.5 } } },
    { steps: { reach: { ok: true, ms: -1 } } },
    { steps: { reach: { ok: true, ms: 1e9 } } },
    { steps: { reach: { ok: true, html: '<b>' } } },
    { steps: { constructor: { ok: true } } },
    { steps: { websocket: { ok: false, cause: 'constructor' } } },
    { steps: { websocket: { ok: false, cause: ['refused'] } } },
    { steps: { headers: { ok: false, lost: ['cookie'] } } },
    { steps: { silence: { ok: false, cut: { length: 1, 0: 'sse' } } } },
  ];
  assert.deepEqual(decode(encode({ ...good })), good);
  for (const change of bad) assert.equal(decode(encode({ ...good, ...change })), null, JSON.stringify(change));
  const { products: gone, ...less } = good;
  assert.equal(decode(encode(less)), null);
  const proto = btoa('{"v":1,"at":1,"account":true,"products":[],"steps":{"__proto__":{"ok":true}}}').replace(/=+$/, '');
  for (const text of ['', 'r=', 'r=A', 'r=bnVsbA', 'r=W10', `r=${proto}`, `x${encode(good)}`, `${encode(good)}=`, `r=${'A'.repeat(5_000)}`]) {
    assert.equal(decode(text), null, text.slice(0, 40));
  }
});

test('any bytes are either nothing or a result that can be shown', () => {
  const fragment = encode(resultOf({ websocket: fails('silent') }));
  let seed = 1;
  const random = (below) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  let shown = 0;
  for (let round = 0; round < 3_000; round += 1) {
    const at = 2 + random(fragment.length - 2);
    const text = fragment.slice(0, at) + 'AZaz09-_'[random(8)] + fragment.slice(at + 1 + random(3));
    const result = decode(text);
    if (!result) continue;
    shown += 1;
    assert.ok(verdictOf(result).headline);
    assert.ok(textOf(result, { where: 'W', link: 'L' }));
  }
  assert.ok(shown > 0);
});
