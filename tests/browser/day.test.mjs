// A day of two people, Ann at a desk and Bob with a phone, as they would have it.
//
// FAIRLEAD_SCREENS=1 writes the pictures of docs/screens (with Debian's fonts-noto-color-emoji; pngquant makes them small)

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Person } from './support/person.mjs';
import { Sender } from './support/sender.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const screens = resolve(dirname(fileURLToPath(import.meta.url)), '../../docs/screens');
const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true, locale: 'en-GB' };

const { stack, browser } = await site();
let ann;
let annsToken;
let bob;
let harbour; // the room's id

before(async () => {
  ann = await Person.signedUp(browser, stack, 'Ann', { viewport: { width: 1280, height: 760 }, locale: 'en-GB' });
  bob = await Person.signedUp(browser, stack, 'Bob', phone);
  annsToken = await ann.token();
  harbour = await ann.createRoom('Harbour');
  await bob.joinRoom('Harbour');
});

async function screen(person, name) {
  if (!process.env.FAIRLEAD_SCREENS) return;
  const path = `${screens}/${name}.png`;
  await person.page.screenshot({ path, animations: 'disabled' });
  execFileSync('pngquant', ['--force', '--ext', '.png', '--strip', '--speed', '1', path]);
}

const message = (person, text) => person.page.getByTestId('message').filter({ hasText: text });
const box = (person) => person.page.getByLabel('Message', { exact: true });

/** How much of a room Ann has not read, as the server has it. */
async function unreadAtServer(roomId) {
  const headers = { Authorization: `Bearer ${annsToken}` };
  const { rooms } = await (await fetch(`${stack.url}/api/v1/sync`, { headers })).json();
  return rooms.find(({ id }) => id === roomId).unread_count;
}

/** Taps or points at a message, then at what to do with it. */
async function act(person, text, what) {
  const one = message(person, text);
  const tool = one.getByRole('button', { name: what, exact: true });
  if (person === bob) {
    await one.getByTestId('text').tap();
    await tool.tap();
  } else {
    await one.hover();
    await tool.click();
  }
}

test('good morning: an answer quotes what it answers, and leads there', async () => {
  await ann.say('Good morning! The ferry is at 9:40 today.');
  await bob.sees('Good morning! The ferry is at 9:40 today.');
  await act(bob, 'The ferry is', 'Reply');
  await bob.page.getByText('Answering').waitFor();
  await bob.say('Thanks, I will be at the pier.');
  await ann.sees('Thanks, I will be at the pier.');
  const quote = message(ann, 'at the pier').getByTestId('quote');
  assert.match(await quote.textContent(), /Ann.*The ferry is at 9:40/);
  await quote.click();
  await until('the quoted message has the focus', () =>
    ann.page.evaluate(() => document.activeElement.textContent.includes('The ferry is at 9:40') && document.activeElement.matches('.message')));
});

test('the last message is changed with arrow-up, another is deleted after a question', async () => {
  await ann.say('It leaves from peer 3');
  await bob.sees('It leaves from peer 3');
  await box(ann).press('ArrowUp');
  assert.equal(await box(ann).inputValue(), 'It leaves from peer 3');
  await ann.page.getByText('Changing your message').waitFor();
  await ann.say('It leaves from pier 3');
  await bob.sees('It leaves from pier 3');
  await bob.page.locator('.message.edited').filter({ hasText: 'pier 3' }).waitFor();
  await until('it is saved', async () => (await box(ann).inputValue()) === '');

  await ann.say('wrong window');
  await bob.sees('wrong window');
  await act(ann, 'wrong window', 'Delete');
  const question = ann.page.getByRole('alertdialog');
  await question.getByText('wrong window').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await act(ann, 'wrong window', 'Delete');
  await question.getByRole('button', { name: 'Delete' }).click();
  await bob.page.getByText('This message was deleted.').waitFor();
  assert.equal((await bob.texts()).includes('wrong window'), false);
});

test('reactions: chosen by words, joined by a click, taken back by another', async () => {
  await act(bob, 'It leaves from pier 3', 'React');
  await bob.page.getByLabel('Find an emoji').fill('anchor');
  await bob.page.getByRole('button', { name: 'anchor harbour' }).tap();
  const reaction = message(ann, 'pier 3').getByRole('button', { name: /anchor harbour/ });
  await reaction.getByText('1').waitFor();
  await reaction.click();
  const bobs = message(bob, 'pier 3').getByRole('button', { name: 'anchor harbour: 2 people, you too' });
  await bobs.waitFor();
  await bobs.tap();
  await until('one is left, Ann\'s', async () =>
    (await reaction.getAttribute('aria-label')) === 'anchor harbour: 1 person, you too');
});

test('a mention is completed by keyboard, waits in the inbox and leads to its message', async () => {
  await bob.page.getByRole('button', { name: 'Back to the rooms' }).click();
  await box(ann).pressSequentially('Could you bring the charts, @bo');
  await ann.page.getByRole('option', { name: /Bob/ }).waitFor();
  await box(ann).press('Enter');
  assert.equal(await box(ann).inputValue(), `Could you bring the charts, @${bob.name} `);
  await box(ann).press('Enter');

  await bob.page.getByRole('button', { name: /Harbour.*1 mention of you/ }).waitFor();
  await until('the title counts', async () => /^\(1\)/.test(await bob.page.title()));
  assert.match(await bob.page.locator('#icon').getAttribute('href'), /^data:image\/svg/);
  await screen(bob, 'phone-rooms');
  await bob.page.getByRole('button', { name: /Inbox/ }).tap();
  await bob.page.getByTestId('result').getByText(/Could you bring the charts/).tap();
  await until('Bob is at the message', () => bob.page.evaluate(() => document.activeElement.matches('.message.for-me')));
  assert.equal(await message(bob, 'charts').locator('.mention.own').textContent(), `@${bob.name}`);
  await until('it is read', async () => !/^\(/.test(await bob.page.title()));
  assert.equal(await message(ann, 'charts').locator('.mention.own').count(), 0);
});

test('links can be clicked, and only those that lead to the web', async () => {
  await bob.say('Charts: https://charts.example/harbour?depth=3. Not javascript:alert(1)');
  await ann.sees('Charts: https://charts.example/harbour?depth=3. Not javascript:alert(1)');
  const link = message(ann, 'Charts:').getByRole('link');
  assert.equal(await link.count(), 1);
  assert.equal(await link.getAttribute('href'), 'https://charts.example/harbour?depth=3');
  assert.match(await link.getAttribute('rel'), /noopener/);
});

test('a direct message: found by name, apart from the rooms, with a badge, answered', async () => {
  await ann.page.getByRole('button', { name: 'Write to', exact: true }).click();
  await ann.page.getByLabel('Begin of a name').fill('bo');
  await ann.page.getByRole('dialog').getByRole('button', { name: /Bob/ }).click();
  await ann.page.getByRole('heading', { name: 'Bob', exact: true }).waitFor();
  await ann.say('Only between us: it is Mira\'s birthday 🎂');
  await bob.page.getByRole('button', { name: 'Back to the rooms' }).click();
  const direct = bob.page.locator('#direct-rooms').getByRole('button', { name: /Ann.*1 unread/ });
  await direct.tap();
  await bob.sees('Only between us: it is Mira\'s birthday 🎂');
  await bob.say('I bring a cake');
  await ann.sees('I bring a cake');
  assert.equal(await ann.page.locator('#direct-rooms').getByRole('button', { name: /Bob/ }).count(), 1);
  assert.equal(await ann.page.locator('#my-rooms').getByRole('button').count(), 1);
});

test('what was said meanwhile begins below a line, and is read when it has been seen', async () => {
  await ann.page.getByRole('button', { name: /Harbour/ }).click();
  for (const text of ['Lunch at twelve?', 'Or one', 'One it is']) await ann.say(text);
  await bob.page.getByRole('button', { name: 'Back to the rooms' }).click();
  await bob.page.getByRole('button', { name: /Harbour.*3 unread/ }).tap();
  await bob.sees('One it is');
  const order = await bob.page.locator('#messages > li').evaluateAll((items) =>
    items.map((item) => (item.matches('.new-line') ? 'line' : item.querySelector('.text')?.textContent)));
  assert.deepEqual(order.slice(-4), ['line', 'Lunch at twelve?', 'Or one', 'One it is']);
  await until('it is read', async () => !/^\(/.test(await bob.page.title()));
  await bob.say('Fine');
  await until('who answers has seen it', async () => (await bob.page.locator('.new-line').count()) === 0);
  await ann.sees('Fine');
  await screen(bob, 'phone-room');
});

test('search finds a word of long ago, leads into the history, and there is a way back', async () => {
  await ann.createRoom('Logbook');
  await bob.page.getByRole('button', { name: 'Back to the rooms' }).click();
  await bob.joinRoom('Logbook');
  const roomId = await ann.page.evaluate(() => location.hash.slice(1));
  const sender = new Sender({ stack, token: await bob.token(), roomId });
  await sender.send(20);
  await bob.say('The barometer fell overnight');
  await sender.send(180);
  await ann.sees('number 200');
  await until('Ann has read it', async () => (await unreadAtServer(roomId)) === 0); // else she begins at what is new
  await ann.page.reload();
  await ann.sees('number 200');
  assert.equal(await message(ann, 'barometer').count(), 0, 'it is not loaded');

  await ann.page.keyboard.press('Control+k');
  await ann.page.getByLabel('Words to look for').fill('baromet');
  const found = ann.page.getByTestId('result');
  await found.getByText('barometer', { exact: true }).waitFor();
  await ann.page.keyboard.press('ArrowDown');
  await ann.page.keyboard.press('Enter');
  await until('the message has the focus', () =>
    ann.page.evaluate(() => document.activeElement.matches('.message') && document.activeElement.textContent.includes('barometer')));
  const place = await message(ann, 'barometer').boundingBox();
  assert.ok(place.y > 0 && place.y < 760, 'it is in view');

  await sender.send(1);
  await ann.page.getByRole('button', { name: /New messages \(1\)/ }).click();
  await ann.sees('number 201');
  const texts = await ann.texts();
  assert.equal(texts.at(-1), 'number 201');
  await sender.send(1);
  await ann.sees('number 202');

  await ann.page.keyboard.press('Control+k');
  await found.first().click();
  await until('back at the barometer', async () => (await message(ann, 'barometer').count()) === 1);
  await until('reading on leads to the newest, without a gap', async () => {
    await ann.page.locator('#scroller').evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight));
    return (await ann.texts()).at(-1) === 'number 202';
  });
  const read = (await ann.texts()).filter((text) => text.startsWith('number'));
  assert.deepEqual(read, sender.texts().slice(-read.length));
});

test('offline: what is written waits, can be discarded, goes when the network is back; nothing is missed or twice', async () => {
  for (const person of [ann, bob]) {
    await person.page.evaluate((roomId) => (location.hash = roomId), harbour);
    await person.sees('Fine');
  }
  await bob.page.context().setOffline(true);
  await bob.page.locator('#connection-banner').getByText('This device is offline').waitFor();
  for (const text of ['From under the bridge', 'not this one', 'Out again in a minute']) await bob.say(text);
  await message(bob, 'not this one').getByRole('button', { name: 'Discard' }).click();
  await until('two wait', async () => (await bob.page.locator('.pending').getByText('Not sent yet').count()) === 2);
  await ann.say('The cake is ready');
  await ann.say('Where are you?');
  await until('both are sent', async () => (await ann.page.locator('.pending').count()) === 0);
  await screen(bob, 'phone-offline');
  await bob.page.context().setOffline(false);
  const all = ['The cake is ready', 'Where are you?', 'From under the bridge', 'Out again in a minute'];
  for (const person of [ann, bob]) {
    await until('all is there, in one order', async () => (await person.texts()).slice(-4).join('|') === all.join('|'), 30_000);
  }
  assert.equal(await bob.page.locator('.pending').count(), 0);
  await bob.page.locator('#connection-banner').waitFor({ state: 'hidden' });
});

/** As if the tab went behind others, or came back. */
const turn = (person, state) =>
  person.page.evaluate((value) => {
    if (value === 'visible') delete document.visibilityState; // the browser's own again
    else Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

test('what comes while the tab is behind others, or the reader further up, is unread until it is looked at', async () => {
  await until('all is read so far', async () => (await unreadAtServer(harbour)) === 0);
  await turn(ann, 'hidden');
  await bob.say('are you there?');
  await until('the title counts', async () => /^\(1\)/.test(await ann.page.title()));
  assert.equal(await unreadAtServer(harbour), 1);
  await turn(ann, 'visible');
  await until('it is read', async () => (await unreadAtServer(harbour)) === 0);
  assert.doesNotMatch(await ann.page.title(), /^\(/);
  await ann.page.locator('.new-line').waitFor();

  await ann.page.locator('#scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
  await ann.page.getByText('This is where the room begins.').waitFor();
  await until('she is further up', () => ann.page.locator('#scroller').evaluate(({ scrollTop }) => scrollTop < 50));
  await bob.say('hello?');
  const jump = ann.page.getByRole('button', { name: 'New messages (1)' });
  await jump.waitFor();
  assert.equal(await unreadAtServer(harbour), 1);
  await jump.click();
  await until('it is read', async () => (await unreadAtServer(harbour)) === 0);
});

test('what was read last is told, though the page is left at once', async () => {
  await bob.say('see you tomorrow');
  await ann.sees('see you tomorrow');
  await ann.page.goto('about:blank');
  await until('it is read', async () => (await unreadAtServer(harbour)) === 0);
  await ann.page.goBack();
  await ann.sees('see you tomorrow');
});

test('a phone\'s keyboard leaves the box and the newest message in view', async () => {
  await bob.page.setViewportSize({ width: 390, height: 400 });
  await until('both are in view', async () => {
    const boxAt = await box(bob).boundingBox();
    const last = await bob.page.getByTestId('message').last().boundingBox();
    return boxAt.y + boxAt.height <= 400 && last.y > 0 && last.y + last.height <= boxAt.y + 1;
  });
  await bob.page.setViewportSize(phone.viewport);
});

test('whatever is written is shown as it was sent: emoji, combining marks, right to left, 4,000 characters', async () => {
  const texts = [
    '👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇫🇷',
    'Zalgo: h̷͎̓e̵̝͘l̶̙̈l̸̰̃o̷̱̎, é and e\u0301, ỹ',
    'שלום לכולם! (12:30) https://א.example/נמל',
    'مرحبا @' + bob.name + ' في الميناء',
    'mixed: \u2067ימין\u2069 and left; נ\u200fמ\u200eל',
    '漢字とかな 한국어 ไทย हिन्दी தமிழ்',
    `${'😀'.repeat(1_999)}|${'x'.repeat(2_000)}`,
  ];
  for (const text of texts) {
    await ann.say(text);
    for (const person of [ann, bob]) await until('it is there', async () => (await person.texts()).at(-1) === text);
  }
  const overflow = await bob.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.equal(overflow, 0);
  await ann.say('x'.repeat(4_001));
  await ann.page.getByText('This is 1 characters too long').waitFor();
  await box(ann).fill('');
});

test('a name that is written from right to left turns nothing else round', async () => {
  const noa = await Person.visit(browser, stack);
  await noa.signUp('noa', 'נועה \u202eabc');
  await noa.joinRoom('Harbour');
  await noa.say('good evening');
  await ann.sees('good evening');
  const sides = await message(ann, 'good evening').evaluate((item) => {
    const left = (selector) => item.querySelector(selector).getBoundingClientRect().left;
    return { author: left('.author'), time: left('time'), text: left('.text') };
  });
  assert.ok(sides.author < sides.time, 'the time stands after the name');
  await noa.leave();
});

test('the pictures of a full page', { skip: !process.env.FAIRLEAD_SCREENS }, async () => {
  const room = await ann.createRoom('Regatta');
  await bob.page.evaluate(() => (location.hash = ''));
  await bob.joinRoom('Regatta');
  const mira = await Person.signedUp(browser, stack, 'Mira');
  await mira.joinRoom('Regatta');
  await ann.say('Who steers on Saturday?');
  await bob.sees('Who steers on Saturday?');
  await bob.say('I can, until noon. The forecast: https://weather.example/bay');
  await mira.sees('I can, until noon. The forecast: https://weather.example/bay');
  await mira.say('Then I take the afternoon ⛵');
  await ann.sees('Then I take the afternoon ⛵');
  await act(ann, 'Then I take', 'Reply');
  await ann.say(`Perfect. @${bob.name} the sails are in the shed`);
  await act(bob, 'the sails are', 'React');
  await bob.page.getByRole('button', { name: 'thumbs up yes good' }).tap();
  await mira.page.getByTestId('message').filter({ hasText: 'Perfect' }).getByRole('button', { name: /thumbs up/ }).click();
  await ann.page.getByRole('button', { name: /thumbs up yes good: 2/ }).waitFor();
  await ann.page.mouse.move(600, 740);
  // The server passes on one typing event each 3 s.
  await until('Ann sees that Bob is typing', async () => {
    await box(bob).pressSequentially('x');
    return ann.page.getByText('Bob is typing…').isVisible();
  });
  await screen(ann, 'desktop-light');
  await ann.page.emulateMedia({ colorScheme: 'dark' });
  await ann.page.keyboard.press('Control+k');
  await ann.page.getByLabel('Words to look for').fill('the sa');
  await ann.page.locator('#search-results mark').getByText('sails').waitFor();
  await screen(ann, 'desktop-dark-search');
  assert.ok(room);
  await mira.leave();
});
