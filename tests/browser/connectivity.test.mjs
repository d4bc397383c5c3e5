// The connection test, by a visitor whose network does to requests what networks do: what it finds, what it says, and
// what somebody else sees who is sent the link.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { FaultProxy } from '../client/support/proxy.mjs';
import { password, Person } from './support/person.mjs';
import { site } from './support/site.mjs';

const verdictMs = 90_000;

const { stack, browser } = await site();
let token;
const proxies = [];

before(async () => {
  const response = await fetch(`${stack.url}/api/v1/users`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'visitor', password }),
  });
  ({ token } = await response.json());
});

after(async () => {
  for (const proxy of proxies) await proxy.stop();
});

/** Somebody on the page, behind a network with that fault; signed in if there is a token. */
async function visit(fault, { signedIn = true, ...options } = {}) {
  const proxy = await new FaultProxy(stack.url).start();
  proxies.push(proxy);
  const visitor = await Person.blank(browser, { url: proxy.url }, options);
  if (signedIn) await visitor.page.addInitScript((value) => localStorage.setItem('fairlead.token', value), token);
  proxy.set(fault);
  await visitor.page.goto(`${proxy.url}/connectivity`);
  visitor.proxy = proxy;
  return visitor;
}

/** When all was tried: {level, words, symptoms, steps: {name: state}}. */
async function verdict({ page }) {
  await page.locator('#verdict:not([data-level="running"])').waitFor({ timeout: verdictMs });
  return page.evaluate(() => ({
    level: document.querySelector('#verdict').dataset.level,
    words: document.querySelector('#sentences').textContent,
    symptoms: [...document.querySelectorAll('#causes > li')].map(({ dataset }) => dataset.symptom),
    steps: Object.fromEntries(
      [...document.querySelectorAll('#steps > li')].map(({ dataset }) => [dataset.step, dataset.state]),
    ),
  }));
}

const networks = [
  { name: 'a clean network', fault: {}, level: 'good', symptoms: [], words: /Fairlead uses WebSocket; messages arrive/ },
  {
    name: 'Upgrade stripped',
    fault: { noUpgrade: true },
    level: 'limited',
    symptoms: ['upgrade_stripped'],
    words: /does not let WebSocket through\. Fairlead uses an event stream/,
  },
  {
    name: 'Upgrade stripped and streams held',
    fault: { noUpgrade: true, holdSse: true },
    level: 'limited',
    symptoms: ['upgrade_stripped', 'sse_held'],
    words: /holds back streams\. Fairlead uses long polling; messages arrive/,
    helped: 'bad',
  },
  {
    name: 'streams held until there are 8 KB of them',
    fault: { dead101: true, holdSseBytes: 8_000 },
    level: 'limited',
    symptoms: ['silent_101', 'sse_held'],
    words: /WebSockets stay silent.* Fairlead uses an event stream/,
    helped: 'ok',
  },
  {
    name: 'one way only',
    fault: { oneWay101: true, noProbe: true },
    level: 'limited',
    symptoms: ['one_way_101', 'sse_proof'],
    words: /one way only.* Fairlead uses long polling/,
  },
  {
    name: 'streams one event behind',
    fault: { noUpgrade: true, behind: true },
    level: 'limited',
    symptoms: ['upgrade_stripped', 'sse_behind'],
    words: /one event behind.* Fairlead uses an event stream/,
    helped: 'ok',
  },
  { name: 'a cache', fault: { cacheHello: true }, level: 'limited', symptoms: ['cached'], words: /out of a cache.* WebSocket/ },
  { name: 'a slow way', fault: { slow: 1_100 }, level: 'limited', symptoms: ['slow'], words: /a round trip takes 1\.\d s/ },
];

// Mostly they wait, for what does not come.
describe('the page names what it is behind', { concurrency: 3 }, () => {
  for (const { name, fault, level, symptoms, words, helped } of networks) {
    test(name, async () => {
      const visitor = await visit(fault);
      const found = await verdict(visitor);
      assert.deepEqual([found.level, found.symptoms], [level, symptoms], JSON.stringify(found));
      assert.match(found.words, words);
      assert.equal(found.steps.helped, helped);
      assert.ok(!Object.values(found.steps).includes('waiting'), JSON.stringify(found.steps));
      assert.equal(await visitor.page.locator('#mend').isVisible(), symptoms.length > 0);
      await visitor.leave();
    });
  }
});

test('where the server cannot be reached, that is said, and nothing is blamed for it', async () => {
  const visitor = await visit({});
  await verdict(visitor);
  visitor.proxy.set({ black: true });
  await visitor.page.getByRole('button', { name: 'Test again' }).click();
  const found = await verdict(visitor);
  assert.deepEqual([found.level, found.symptoms], ['bad', ['unreachable']]);
  assert.equal(found.steps.websocket, 'skipped');
  visitor.proxy.set({});
  await visitor.page.getByRole('button', { name: 'Test again' }).click();
  assert.equal((await verdict(visitor)).level, 'good');
  await visitor.leave();
});

test('who is not signed in, or not any more, is told what that leaves out', async () => {
  const stranger = await visit({}, { signedIn: false });
  const found = await verdict(stranger);
  assert.equal(found.level, 'unknown');
  assert.deepEqual([found.steps.sizes, found.steps.websocket], ['ok', 'skipped']);
  await stranger.page.getByText('You are not signed in').waitFor();
  await stranger.page.evaluate(() => localStorage.setItem('fairlead.token', 'of yesterday'));
  await stranger.page.getByRole('button', { name: 'Test again' }).click();
  assert.equal((await verdict(stranger)).level, 'unknown');
  await stranger.page.getByText('You are not signed in').waitFor();
  await stranger.leave();
});

test('the link shows the same to somebody else, and tests nothing; a broken one says so', async () => {
  const visitor = await visit({ noUpgrade: true });
  const found = await verdict(visitor);
  const link = await visitor.page.getByLabel('Link').inputValue();
  await visitor.leave();

  const administrator = await visit({}, { signedIn: false });
  await verdict(administrator);
  await administrator.page.goto('about:blank');
  const asked = administrator.proxy.count('/rt/');
  await administrator.page.goto(link.replace(/^.*(?=\/connectivity)/, administrator.proxy.url));
  const seen = await verdict(administrator);
  assert.deepEqual(seen, found);
  await administrator.page.getByText('This is what another browser found').waitFor();
  assert.equal(administrator.proxy.count('/rt/'), asked);

  for (const fragment of ['#r=bm90IGpzb24', '#r=<script>', `#r=${'A'.repeat(10_000)}`]) {
    await administrator.page.goto('about:blank');
    await administrator.page.goto(`${administrator.proxy.url}/connectivity${fragment}`);
    await administrator.page.getByText('This link holds no result').waitFor();
  }
  await administrator.leave();
});

test('the text that is copied has the verdict, each step, who stands on the way and what to change there', async () => {
  const visitor = await visit({ noUpgrade: true, via: '1.1 gate (squid/5.7)' }, { permissions: ['clipboard-read', 'clipboard-write'] });
  await verdict(visitor);
  const { page } = visitor;
  await page.getByText('On the way, by its own words: Squid.').waitFor();
  await page.getByRole('button', { name: 'Copy as text' }).click();
  await page.getByText('The text is copied.').waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^Fairlead connection test of http/);
  assert.match(text, /BAD {2}WebSocket: refused/);
  assert.match(text, /ok {3}Long poll: answered in \d+ ms/);
  assert.match(text, /upgrade_stripped: Pass Upgrade.*\n {4}Squid: http_upgrade_request_protocols/);
  assert.match(text, /#r=[A-Za-z0-9_-]+\n$/);
  await page.getByRole('button', { name: 'Copy the link' }).click();
  await page.getByText('The link is copied.').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, await page.getByLabel('Link').inputValue());
  await visitor.leave();
});

test('silence: what endures it, and what cuts it', async () => {
  const visitor = await visit({});
  await verdict(visitor);
  const { page } = visitor;
  const listen = async () => {
    await page.getByLabel('Does silence last?').selectOption('10');
    await page.getByRole('button', { name: 'Test silence' }).click();
    await page.getByText(/\d+ s to go/).waitFor();
    await page.locator('[data-step="silence"]:is([data-state="ok"], [data-state="bad"])').waitFor({ timeout: 30_000 });
    return verdict(visitor);
  };
  const quiet = await listen();
  assert.deepEqual([quiet.level, quiet.steps.silence], ['good', 'ok']);

  visitor.proxy.set({ idleMs: 3_000 });
  visitor.proxy.cut(); // connections that are open already would not be cut
  const cut = await listen();
  assert.deepEqual([cut.level, cut.symptoms], ['limited', ['idle_cut']]);
  assert.match(cut.words, /cuts what is silent: WebSocket, event streams, long polls after [34] s/);
  await visitor.leave();
});

test('it is linked from the chat, and can be used by keyboard alone', async () => {
  const ann = await Person.signedUp(browser, stack, 'Ann');
  await ann.createRoom('Harbour');
  await ann.openConnectionPanel();
  const { page } = ann;
  await page.getByRole('link', { name: 'Test this network' }).click();
  assert.equal((await verdict(ann)).level, 'good');
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
  const passed = [];
  for (let presses = 0; presses < 9; presses += 1) {
    await page.keyboard.press('Tab');
    passed.push(await focused());
  }
  assert.deepEqual(passed.slice(0, 8), ['theme', 'To the chat', 'again', 'silence-seconds', 'silence-start', 'link', 'copy-link', 'copy-text']);
  await page.getByRole('link', { name: 'To the chat' }).click();
  await ann.isLive();
  await ann.leave();
});

test('the pictures are there for a person to look at, and fit a phone', async () => {
  const visitor = await visit({ noUpgrade: true, holdSse: true });
  const { page } = visitor;
  await page.locator('[data-step="sse"][data-state="running"]').waitFor();
  await visitor.screenshot('connectivity-running');
  await verdict(visitor);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 1280, height: 800 });
    await visitor.screenshot(`connectivity-${colorScheme}`, { fullPage: true });
    await page.setViewportSize({ width: 390, height: 844 });
    await visitor.screenshot(`connectivity-${colorScheme}-phone`, { fullPage: true });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  }
  await visitor.leave();
});
