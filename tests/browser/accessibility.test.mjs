// axe-core on each view of the chat page and on the connection test, in light and dark, at a desk and on a phone;
// messages by keyboard, the focus, motion.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAccessible } from './support/axe.mjs';
import { Person } from './support/person.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const { stack, browser } = await site();

test('signing in, signing up, what is wrong with it', async () => {
  const guest = await Person.visit(browser, stack);
  const { page } = guest;
  await page.locator('#auth').waitFor();
  await isAccessible(page, 'signing in');
  await page.getByRole('button', { name: 'Create account' }).first().click();
  await page.locator('#auth-submit').click();
  await page.getByText('Please enter your user name.').waitFor();
  await isAccessible(page, 'signing up, with errors');
  await guest.leave();
});

const sizes = {
  'at a desk': { viewport: { width: 1280, height: 800 } },
  'on a phone': { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true },
};

for (const [where, options] of Object.entries(sizes)) {
  test(`rooms, messages and all that opens over them, ${where}`, async () => {
    const ann = await Person.signedUp(browser, stack, 'Ann', options);
    const bob = await Person.signedUp(browser, stack, 'Bob');
    const { page } = ann;
    await isAccessible(page, 'no room yet');
    const name = `Quay ${where}`;
    await ann.createRoom(name);
    await bob.joinRoom(name);
    await ann.say('What does this say? https://a.example');
    await bob.sees('What does this say? https://a.example');
    await bob.page.getByTestId('message').last().hover();
    await bob.page.getByRole('button', { name: 'Reply' }).click();
    await bob.say(`That, @${ann.name}`);
    await ann.sees(`That, @${ann.name}`);
    await isAccessible(page, 'a room with messages');
    const message = page.getByTestId('message').last();
    await message.focus();
    await message.press('+');
    await isAccessible(page, 'the emoji picker');
    await page.locator('#emoji-grid button').first().click();
    await message.locator('.reaction').waitFor();
    await isAccessible(page, 'a message with its tools and a reaction');
    await page.getByLabel('Message', { exact: true }).fill('@');
    await page.getByLabel('Message', { exact: true }).press('b');
    await page.getByRole('option').waitFor();
    await isAccessible(page, 'whom to mention');
    await page.getByLabel('Message', { exact: true }).fill('');
    await ann.openConnectionPanel();
    await isAccessible(page, 'the connection panel');
    await ann.closeConnectionPanel();
    if (!(await page.locator('#people').isVisible())) {
      await page.locator('#people-toggle').click();
      await isAccessible(page, 'the people');
      await page.getByRole('button', { name: 'Close the list of people' }).click();
    }
    const own = page.getByTestId('message').first();
    await own.focus();
    await own.press('Delete');
    await isAccessible(page, 'a question');
    await page.keyboard.press('Escape');
    await page.locator('#scroller').press('/');
    await page.getByLabel('Words to look for').fill('that');
    await page.getByTestId('result').first().waitFor();
    await isAccessible(page, 'the search');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.context().setOffline(true);
    await ann.say('offline');
    await page.getByText('Not sent yet').waitFor();
    await isAccessible(page, 'offline');
    await page.context().setOffline(false);
    await until('it is sent', async () => (await page.locator('.pending').count()) === 0);

    if (where === 'on a phone') await page.getByRole('button', { name: 'Back to the rooms' }).click();
    await page.getByRole('button', { name: 'Write to', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: /Bob/ }).first().waitFor();
    await isAccessible(page, 'whom to write to');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.evaluate(() => (location.hash = ''));
    await bob.say(`And @${ann.name} once more`);
    await page.getByRole('button', { name: /mention of you/ }).waitFor();
    await isAccessible(page, 'rooms with badges');
    await page.getByRole('button', { name: /Inbox/ }).click();
    await page.locator('#inbox-results').getByTestId('result').first().waitFor();
    await isAccessible(page, 'the inbox');
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('button', { name: 'New room' }).click();
    await isAccessible(page, 'a new room');
    await ann.leave();
    await bob.leave();
  });
}

for (const [where, options] of Object.entries(sizes)) {
  test(`what moderators have, and those whom they decide about, ${where}`, async () => {
    const ann = await Person.signedUp(browser, stack, 'Ann', options);
    const bob = await Person.signedUp(browser, stack, 'Bob', options);
    const { page } = ann;
    const name = `Order ${where}`;
    await ann.createRoom(name);
    await bob.joinRoom(name);
    if (!(await page.locator('#people').isVisible())) await page.locator('#people-toggle').click();
    await page.getByRole('button', { name: 'What to do about Bob' }).click();
    await page.getByRole('menuitem', { name: 'Mute for 1 week' }).waitFor();
    await isAccessible(page, 'the menu of a member');
    const menu = await page.locator('#member-menu').boundingBox();
    const { width, height } = options.viewport;
    assert.ok(menu.x >= 0 && menu.y >= 0 && menu.x + menu.width <= width && menu.y + menu.height <= height, 'it is within the page');
    await page.getByRole('menuitem', { name: 'Mute for 1 week' }).click();
    await ann.person('Bob').getByText(/muted until/).waitFor();
    await isAccessible(page, 'people, one of whom is muted');
    await bob.page.getByText(/You are muted until/).waitFor();
    await isAccessible(bob.page, 'muted');
    await page.getByRole('button', { name: 'What to do about Bob' }).click();
    await page.getByRole('menuitem', { name: 'Lift the mute' }).click();

    await page.getByRole('button', { name: 'Room settings' }).click();
    await isAccessible(page, 'the settings of a room');
    await page.getByLabel('Slow mode').selectOption('One message each 6 h');
    await page.getByRole('button', { name: 'Save' }).click();
    await bob.page.getByText('Slow mode: one message each 6 h').waitFor();
    for (const text of ['one', 'two']) await bob.say(text);
    await bob.page.getByText(/Yours goes at/).waitFor();
    await isAccessible(bob.page, 'slow mode, and one that waits for it');
    if (process.env.FAIRLEAD_SCREENSHOTS) await bob.screenshot(`slow ${where}`);
    await ann.leave();
    await bob.leave();
  });
}

test('messages by keyboard alone: from one to the next, answered, reacted to, changed, deleted', async () => {
  const ann = await Person.signedUp(browser, stack, 'Ann');
  const { page } = ann;
  const { keyboard } = page;
  await ann.createRoom('Keys');
  for (const text of ['first', 'second', 'third']) await ann.say(text);
  await ann.seesExactly(['first', 'second', 'third']);
  await until('all are sent', async () => (await page.locator('.pending').count()) === 0);
  const at = () => page.evaluate(() => document.activeElement.querySelector('.text')?.textContent ?? document.activeElement.id);
  const isAt = (what) => until(`the focus is at ${what}`, async () => (await at()) === what);

  for (let presses = 0; presses < 5 && (await at()) !== 'third'; presses += 1) await keyboard.press('Shift+Tab');
  assert.equal(await at(), 'third', 'one message is in the tab order');
  await keyboard.press('ArrowUp');
  assert.equal(await at(), 'second');
  await keyboard.press('Home');
  assert.equal(await at(), 'first');
  await keyboard.press('r');
  await isAt('composer-text');
  await keyboard.type('an answer');
  await keyboard.press('Enter');
  await page.getByTestId('quote').getByText('first').waitFor();

  for (let presses = 0; presses < 5 && (await at()) !== 'an answer'; presses += 1) await keyboard.press('Shift+Tab');
  await keyboard.press('Home');
  await keyboard.press('+');
  await isAt('emoji-words');
  await keyboard.type('rocket');
  await keyboard.press('Enter');
  await page.getByRole('button', { name: 'rocket ship launch: 1 person, you too' }).waitFor();
  await isAt('first');
  await keyboard.press('e');
  await isAt('composer-text');
  await keyboard.press('End');
  await keyboard.type(' of all');
  await keyboard.press('Enter');
  await ann.sees('first of all');

  await page.getByTestId('message').nth(1).focus();
  await keyboard.press('Delete');
  await isAt('confirm-no');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await page.getByText('This message was deleted.').waitFor();
  await ann.leave();
});

test('whatever has the focus shows it, and nothing moves for those who want it so', async () => {
  const ann = await Person.signedUp(browser, stack, 'Ann', { reducedMotion: 'reduce' });
  const { page } = ann;
  await ann.createRoom('Focus');
  await ann.say('something');
  await ann.sees('something');
  const seen = new Set();
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab');
    const { name, shown } = await page.evaluate(() => {
      const element = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const bare = element === document.body || element === document.documentElement;
      return { name: bare ? '' : element.id || element.textContent, shown: outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 };
    });
    if (name) assert.ok(shown, `${name} has an outline`);
    seen.add(name);
  }
  assert.ok(seen.size > 12, [...seen].join());
  const moving = await page.evaluate(() => {
    document.querySelector('.message').classList.add('found');
    return document.getAnimations().length;
  });
  assert.equal(moving, 0);
  await ann.leave();
});

test('the connection test', async () => {
  const guest = await Person.blank(browser, stack);
  await guest.page.goto(`${stack.url}/connectivity`);
  await guest.page.locator('h1').first().waitFor();
  await isAccessible(guest.page, 'the connection test');
  await guest.leave();
});
