// Tabs of one person: one connection, whoever has it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person } from './support/person.mjs';
import { Sender } from './support/sender.mjs';
import { site } from './support/site.mjs';

const { stack, browser } = await site();

test('two tabs share a connection and the choice of a transport; when one is closed the other goes on', async () => {
  const first = await Person.signedUp(browser, stack, 'Ann');
  const roomId = await first.createRoom('Harbour');
  await first.isLiveOver('websocket');
  const sender = new Sender({ stack, token: await first.token(), roomId });

  const page = await first.page.context().newPage();
  let sockets = 0;
  page.on('websocket', () => (sockets += 1));
  const second = new Person(page, stack);
  await page.goto(first.page.url());
  await second.isLiveOver('websocket');
  await second.openConnectionPanel();
  await page.getByText('that of another tab').waitFor();
  assert.equal(sockets, 0);
  await second.closeConnectionPanel();

  sender.start(20);
  for (const tab of [first, second]) await tab.sees('number 5');
  await second.force('sse');
  await first.isLiveOver('sse');
  await first.force('auto');
  for (const tab of [first, second]) await tab.isLiveOver('websocket');
  await second.say('from the second tab');
  await first.sees('from the second tab');

  await first.page.close();
  await second.openConnectionPanel();
  await page.getByText('this tab’s own').waitFor();
  await second.isLiveOver('websocket');
  await second.sees(`number ${sender.count + 3}`);
  const numbers = await sender.stop();
  await second.sees(numbers.at(-1));
  const texts = await second.texts();
  assert.deepEqual(texts.filter((text) => text.startsWith('number')), numbers);
  assert.equal(texts.length, numbers.length + 1);
  await second.leave();
});
