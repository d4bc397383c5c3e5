// Two people chat, over each transport in turn; what they see of each other.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Person, transports } from './support/person.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const { stack, browser } = await site();
let ann;
let bob;

before(async () => {
  ann = await Person.signedUp(browser, stack, 'Ann');
  bob = await Person.signedUp(browser, stack, 'Bob');
  await ann.createRoom('Harbour');
  await bob.joinRoom('Harbour');
});

const said = [];

for (const transport of transports) {
  test(`two people chat over ${transport}`, async () => {
    await ann.force(transport);
    await bob.force(transport);
    for (const round of [1, 2, 3]) {
      for (const [speaker, listener] of [[ann, bob], [bob, ann]]) {
        const text = `${speaker.displayName} over ${transport}, ${round}`;
        said.push(text);
        await speaker.say(text);
        await listener.sees(text);
      }
    }
    await ann.seesExactly(said);
    await bob.seesExactly(said);
    assert.match(await ann.page.getByTestId('connection-summary').textContent(), /^Live · .+ · \d+ ms$/);
  });

  test(`over ${transport} one sees that the other is typing, until the message is there`, async () => {
    await ann.force(transport);
    // The server passes on one typing event each 3 s: the first keys may be too soon after the last test.
    await until('Ann sees it', async () => {
      await bob.page.getByLabel('Message', { exact: true }).pressSequentially('x');
      return ann.page.getByText('Bob is typing…').isVisible();
    });
    const text = `I am still thinking over ${transport}`;
    said.push(text);
    await bob.say(text);
    await ann.sees(text);
    await until('typing is gone', async () => (await ann.page.getByTestId('typing').textContent()) === '');
  });
}

test('one sees who is here; moving between transports changes nothing; leaving does', async () => {
  const mira = await Person.signedUp(browser, stack, 'Mira');
  await mira.joinRoom('Harbour');
  await ann.seesStatus('Mira', 'online');

  const seen = await ann.page.evaluateHandle(() => {
    const statuses = [];
    const look = () => {
      for (const person of document.querySelectorAll('[data-testid="person"]')) {
        if (person.textContent.includes('Mira')) statuses.push(person.dataset.status);
      }
    };
    new MutationObserver(look).observe(document.querySelector('#people-list'), {
      childList: true,
      subtree: true,
      attributes: true,
    });
    look();
    return statuses;
  });
  for (const transport of ['sse', 'poll', 'websocket', 'poll', 'sse']) await mira.force(transport);
  await mira.page.reload();
  await mira.isLive();
  assert.deepEqual([...new Set(await seen.jsonValue())], ['online']);

  await mira.leave();
  // A poll stood in while the page connected: its session counts for 30 s, and the leave grace is 15 s.
  await ann.seesStatus('Mira', 'offline', 60_000);
});

test('while presence cannot be known the page says so, and chat goes on', async () => {
  const reopen = () => ann.page.getByRole('button', { name: /Harbour/ }).click();
  await stack.end('redis', 'SIGKILL');
  await until('Ann sees that it is not known', async () => {
    await reopen();
    return (await ann.person('Bob').getAttribute('data-status')) === 'unknown';
  });
  said.push('without presence');
  await bob.say('without presence');
  await ann.sees('without presence');
  await stack.startRedis();
  await until('Ann sees that Bob is here', async () => {
    await reopen();
    return (await ann.person('Bob').getAttribute('data-status')) === 'online';
  }, 30_000);
  await ann.seesExactly(said);
});

test('what a person writes is text, whatever it looks like', async () => {
  const nasty = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> & "quotes" ' \u202e`;
  await ann.say(nasty);
  said.push(nasty);
  await until('it arrives', async () => (await bob.texts()).includes(nasty));
  assert.equal(await bob.page.locator('#messages img, #messages script').count(), 0);
  assert.doesNotMatch(await bob.page.title(), /owned/);
});

test('a very long word is wrapped and does not make the page wider', async () => {
  const word = 'mooring'.repeat(60);
  said.push(word);
  await ann.say(word);
  await bob.sees(word);
  const overflow = await bob.page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.querySelector('#scroller');
    return scrollWidth - clientWidth;
  });
  assert.equal(overflow, 0);
});

test('Shift and Enter makes a new line, and it is shown as one', async () => {
  const box = ann.page.getByLabel('Message', { exact: true });
  await box.pressSequentially('one');
  await box.press('Shift+Enter');
  await box.pressSequentially('two');
  await box.press('Enter');
  said.push('one\ntwo');
  await until('it arrives', async () => (await bob.texts()).at(-1) === 'one\ntwo');
});

test('new messages are spoken to screen readers, one\'s own are not', async () => {
  await ann.say('to be heard');
  await bob.sees('to be heard');
  said.push('to be heard');
  await bob.page.locator('#announce-messages').getByText('Ann: to be heard').waitFor();
  assert.equal(await ann.page.locator('#announce-messages').getByText('to be heard').count(), 0);
});

test('a message in another room counts as unread until that room is opened', async () => {
  await bob.createRoom('Boathouse');
  await ann.say('while you were elsewhere');
  said.push('while you were elsewhere');
  const harbour = bob.page.getByRole('button', { name: /Harbour/ });
  await harbour.getByText('1 unread').waitFor();
  assert.match(await bob.page.title(), /^\(1\)/);
  await harbour.click();
  await bob.sees('while you were elsewhere');
  await until('it counts as read', async () => (await harbour.getByText('unread').count()) === 0);
  await bob.seesExactly(said);
});

test('a deleted message stays as a tombstone, for who is there and who comes later', async () => {
  await ann.say('a mistake');
  await bob.sees('a mistake');
  const token = await ann.token();
  const roomId = await ann.page.evaluate(() => location.hash.slice(1));
  const call = (method, path) =>
    fetch(`${stack.url}/api/v1/rooms/${roomId}/messages${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}` },
    });
  const { messages } = await (await call('GET', '?limit=1')).json();
  assert.equal(messages[0].text, 'a mistake');
  assert.equal((await call('DELETE', `/${messages[0].id}`)).status, 204);
  for (const person of [ann, bob]) {
    await person.page.getByText('This message was deleted.').waitFor();
    assert.equal(await person.page.getByTestId('text').getByText('a mistake').count(), 0);
  }
  await bob.page.reload();
  await bob.page.getByText('This message was deleted.').waitFor();
  await bob.seesExactly(said);
});

test('whoever owns a private room adds others to it', async () => {
  await ann.createRoom('Cabin', { visibility: 'Private' });
  await bob.page.getByRole('button', { name: 'Refresh' }).click();
  assert.equal(await bob.page.getByRole('button', { name: 'Join Cabin' }).count(), 0);
  await ann.page.getByLabel('Add someone').fill('nobody');
  await ann.page.getByRole('button', { name: 'Add', exact: true }).click();
  await ann.page.getByText('There is no nobody here.').waitFor();
  await ann.page.getByLabel('Add someone').fill(bob.name);
  await ann.page.getByRole('button', { name: 'Add', exact: true }).click();
  await bob.page.getByRole('button', { name: /Cabin/ }).click();
  await ann.seesStatus('Bob', 'online');
  await ann.say('welcome to the cabin');
  await bob.sees('welcome to the cabin');
  for (const person of [ann, bob]) await person.page.getByRole('button', { name: /Harbour/ }).click();
  await bob.seesExactly(said);
});

test('whoever leaves a room sees no more of it, and can join again', async () => {
  await bob.page.getByRole('button', { name: 'Leave this room' }).click();
  await bob.page.getByText('Choose a room to begin.').waitFor();
  await ann.say('said without Bob');
  said.push('said without Bob');
  await ann.sees('said without Bob');
  await bob.joinRoom('Harbour');
  await bob.sees('said without Bob'); // a public room's history is its members'
});

test('the pictures are there for a person to look at', async () => {
  await bob.page.getByLabel('Message', { exact: true }).pressSequentially('hm');
  await ann.screenshot('desktop-light');
  await ann.page.emulateMedia({ colorScheme: 'dark' });
  await ann.openConnectionPanel();
  await ann.screenshot('desktop-dark-connection');
  await ann.closeConnectionPanel();
  await bob.page.setViewportSize({ width: 390, height: 844 });
  await bob.screenshot('phone-room');
  // At phone width there is one thing at a time, and the way back.
  assert.equal(await bob.page.locator('.sidebar').isVisible(), false);
  await bob.page.getByRole('button', { name: 'Back to the rooms' }).click();
  await bob.page.locator('.sidebar').waitFor();
  await bob.screenshot('phone-rooms');
  assert.equal(await bob.page.evaluate(() => document.documentElement.scrollWidth), 390);
});
