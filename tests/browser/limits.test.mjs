// The server's default limit on sends, as the page meets it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Person } from './support/person.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const { stack, browser } = await site({ sendsPer5s: 5 });

const refusals = {
  websocket: (page) =>
    new Promise((seen) => {
      page.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => String(payload).includes('"rate_limited"') && seen()));
    }),
  sse: (page) => page.waitForResponse((response) => response.status() === 429),
};

for (const [transport, refusal] of Object.entries(refusals)) {
  test(`whoever writes faster than the server allows over ${transport} loses nothing: it is sent a little later, in order`, async () => {
    const ann = await Person.visit(browser, stack);
    const limited = refusal(ann.page);
    await ann.signUp(`fast.${transport}`, 'Ann');
    await ann.createRoom('Fast');
    await ann.force(transport);
    const texts = Array.from({ length: 14 }, (_, index) => `fast ${index + 1}`); // 10 may come at once
    for (const text of texts) await ann.say(text);
    await limited;
    await until('all are sent', async () => (await ann.page.locator('.pending').count()) === 0, 20_000);
    assert.equal(await ann.page.locator('.failed').count(), 0);
    await ann.page.reload();
    await ann.seesExactly(texts);
    await ann.leave();
  });
}
