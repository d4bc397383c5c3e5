// What owners and moderators do about a room and those in it, and what these see of it.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Person } from './support/person.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const phone = { viewport: { width: 390, height: 780 }, isMobile: true, hasTouch: true };
const { stack, browser } = await site();
let ann; // owns the rooms
let bob;

before(async () => {
  ann = await Person.signedUp(browser, stack, 'Ann');
  bob = await Person.signedUp(browser, stack, 'Bob', phone);
});

/** A new room of Ann's with Bob in it, open on both pages. */
async function room(name) {
  const roomId = await ann.createRoom(name);
  await bob.page.evaluate(() => (location.hash = ''));
  await bob.joinRoom(name);
  await ann.person('Bob').waitFor();
  return roomId;
}

const menuButton = (person, name) => person.page.getByRole('button', { name: `What to do about ${name}` });
const item = (person, name) => person.page.locator('#member-menu').getByRole(/^(Owner|Moderator|Member|Reader)/.test(name) ? 'menuitemradio' : 'menuitem', { name });
const box = (person) => person.page.getByLabel('Message', { exact: true });

/** What the menu at somebody offers, top to bottom; it is open then. */
async function offered(person, name) {
  await menuButton(person, name).click();
  return person.page.locator('#member-menu button > span:first-child').allTextContents();
}

async function choose(person, name, what) {
  await menuButton(person, name).click();
  await item(person, what).click();
}

test('roles: an owner gives any, a moderator those below, both only to whom they decide about', async () => {
  const cid = await Person.signedUp(browser, stack, 'Cid');
  await room('Roles');
  await cid.joinRoom('Roles');
  assert.equal(await menuButton(cid, 'Bob').count(), 0, 'a member decides nothing');
  assert.equal(await menuButton(ann, 'Ann').count(), 0, 'nobody about themselves');
  assert.equal(await cid.page.getByRole('button', { name: 'Room settings' }).count(), 0);

  assert.deepEqual((await offered(ann, 'Cid')).slice(0, 4), ['Owner', 'Moderator', 'Member', 'Reader']);
  assert.equal(await item(ann, 'Member').getAttribute('aria-checked'), 'true');
  await item(ann, 'Moderator').click();
  await ann.person('Cid').getByText('moderator').waitFor();
  await cid.page.getByRole('button', { name: 'Room settings' }).waitFor();
  assert.equal(await menuButton(cid, 'Ann').count(), 0, 'the owner is above a moderator');
  assert.deepEqual((await offered(cid, 'Bob')).slice(0, 3), ['Member', 'Reader', 'Mute for 10 minutes']);
  await item(cid, 'Reader').click();
  await ann.person('Bob').getByText('only reads').waitFor();
  await until('Bob has no box', async () => !(await box(bob).isVisible()));
  await choose(cid, 'Bob', 'Member');
  await box(bob).waitFor();
  await cid.leave();
});

test('by keyboard: the menu opens, goes round, closes, and the focus comes back', async () => {
  await room('Keys');
  const { keyboard } = ann.page;
  const at = () => ann.page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.firstElementChild?.textContent ?? '');
  const isAt = (what) => until(`the focus is at ${what}`, async () => (await at()) === what);
  await menuButton(ann, 'Bob').focus();
  await keyboard.press('Enter');
  await isAt('Owner');
  assert.equal(await menuButton(ann, 'Bob').getAttribute('aria-expanded'), 'true');
  await keyboard.press('ArrowUp');
  await isAt('Remove from the room…');
  await keyboard.press('ArrowDown');
  await isAt('Owner');
  await keyboard.press('Escape');
  await isAt('What to do about Bob');
  assert.ok(await ann.page.locator('#people').isVisible(), 'it closed the menu alone');
  await keyboard.press('Enter');
  await isAt('Owner');
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await ann.person('Bob').getByText('moderator').waitFor();
  await isAt('What to do about Bob');
});

test('who is muted sees until when instead of the box, keeps what was written, and can go on when it is lifted', async () => {
  const roomId = await room('Quiet');
  await bob.say('before');
  await ann.sees('before');
  await box(bob).fill('half a thought');
  await choose(ann, 'Bob', 'Mute for 10 minutes');
  const muted = bob.page.getByText(/^You are muted until (tomorrow )?\d/);
  await muted.waitFor();
  assert.equal(await box(bob).isVisible(), false);
  await ann.person('Bob').getByText(/muted until (tomorrow )?\d/).waitFor();
  const own = bob.page.getByTestId('message').filter({ hasText: 'before' });
  await own.getByTestId('text').tap();
  await own.getByRole('button', { name: 'Delete' }).waitFor();
  assert.deepEqual(await own.getByRole('toolbar').getByRole('button').count(), 1, 'nothing else is left');

  await choose(ann, 'Bob', 'Lift the mute');
  await box(bob).waitFor();
  assert.equal(await box(bob).inputValue(), 'half a thought');
  await until('the list says so', async () => (await ann.person('Bob').getByText('muted').count()) === 0);
  await box(bob).press('Enter');
  await ann.sees('half a thought');

  await choose(ann, 'Bob', 'Mute for 1 day');
  await muted.waitFor();
  await bob.page.reload();
  await bob.page.getByText(/^You are muted until tomorrow \d/).waitFor();
  const refused = await fetch(`${stack.url}/api/v1/rooms/${roomId}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${await bob.token()}` },
    body: JSON.stringify({ text: 'all the same' }),
  });
  assert.equal(refused.status, 403);
});

test('what waited to be sent when the mute came says why it was not', async () => {
  await room('Bridge');
  await bob.page.context().setOffline(true);
  await bob.say('under the bridge');
  await bob.page.getByText('Not sent yet').waitFor();
  await choose(ann, 'Bob', 'Mute for 1 hour');
  await ann.person('Bob').getByText(/muted until/).waitFor();
  await bob.page.context().setOffline(false);
  await bob.page.getByText(/Not sent: .*muted/).waitFor();
  await bob.page.getByRole('button', { name: 'Discard' }).tap();
});

test('a menu that is open when its room goes, or another one is shown, goes, too', async () => {
  const cid = await Person.signedUp(browser, stack, 'Cid');
  await room('Raft');
  await cid.joinRoom('Raft');
  await choose(ann, 'Cid', 'Moderator');
  for (const goes of [
    () => cid.page.evaluate(() => (location.hash = '')),
    async () => {
      await choose(ann, 'Cid', 'Remove from the room…');
      await ann.page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    },
  ]) {
    await cid.page.locator('#my-rooms').getByText('Raft').click();
    await menuButton(cid, 'Bob').click();
    await item(cid, 'Reader').waitFor();
    await goes();
    await until('the menu is closed', async () => !(await cid.page.locator('#member-menu').isVisible()));
  }
  await cid.leave();
});

test('out of the room: after a question, and with what is left', async () => {
  await room('Door');
  await choose(ann, 'Bob', 'Remove from the room…');
  const question = ann.page.getByRole('alertdialog');
  await question.getByText('Remove Bob from Door?').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await ann.person('Bob').count(), 1);
  await choose(ann, 'Bob', 'Remove from the room…');
  await question.getByRole('button', { name: 'Remove' }).click();
  await ann.person('Bob').waitFor({ state: 'detached' });
  await until('the focus is somewhere', () => ann.page.evaluate(() => document.activeElement.id === 'people-close'));
  await bob.page.getByRole('alert').getByText('You were removed from Door.').waitFor();
  await bob.page.getByRole('button', { name: 'Join Door' }).waitFor();
  assert.equal(await bob.page.locator('#my-rooms').getByText('Door').count(), 0);
});

test('a room\'s name, topic and visibility are changed, each without the others; who is in it sees it', async () => {
  await room('Peer');
  const settings = ann.page.getByRole('button', { name: 'Room settings' });
  const dialog = ann.page.getByRole('dialog', { name: 'Room settings' });
  const save = async (change) => {
    await settings.click();
    await change();
    const asked = ann.page.waitForRequest((request) => request.method() === 'PATCH');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    return (await asked).postDataJSON();
  };
  assert.deepEqual(await save(() => dialog.getByLabel('Name').fill('Pier')), { name: 'Pier' });
  await bob.page.getByRole('heading', { name: 'Pier' }).waitFor();
  assert.deepEqual(await save(() => dialog.getByLabel('Topic').fill('Ferries')), { topic: 'Ferries' });
  await bob.page.locator('#room-topic').getByText('Ferries').waitFor();
  assert.deepEqual(await save(() => dialog.getByLabel('Private').check()), { visibility: 'private' });
  assert.deepEqual(await save(() => dialog.getByLabel('Topic').fill('')), { topic: '' });
  await until('it has none', async () => (await bob.page.locator('#room-topic').textContent()) === '');

  await settings.click();
  assert.equal(await dialog.getByLabel('Private').isChecked(), true);
  await dialog.getByLabel('Name').fill(' ');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('A room needs a name.').waitFor();
  await dialog.getByRole('button', { name: 'Delete room…' }).click();
  await ann.page.getByRole('alertdialog').getByRole('button', { name: 'Delete the room' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await bob.page.getByRole('alert').getByText('Pier was deleted.').waitFor();
  for (const person of [ann, bob]) {
    await until('it is gone', async () => (await person.page.locator('#my-rooms').getByText('Pier').count()) === 0);
  }
});

test('slow mode: members see how slow, and when the next of theirs goes; it goes by itself', async () => {
  await room('Slow');
  await ann.page.getByRole('button', { name: 'Room settings' }).click();
  const dialog = ann.page.getByRole('dialog', { name: 'Room settings' });
  await dialog.getByLabel('Slow mode').selectOption('One message each 10 s');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await bob.page.getByText('Slow mode: one message each 10 s').waitFor();
  for (const text of ['one', 'two']) await bob.say(text);
  await bob.page.getByText(/Yours goes in \d s/).waitFor();
  for (const text of ['here', 'at once']) await ann.say(text);
  await until('Ann has not waited', async () => (await ann.page.locator('.pending').count()) === 0);
  assert.equal(await ann.page.locator('#composer-pace').isVisible(), false);
  await ann.sees('two');
  assert.equal((await ann.texts()).at(-1), 'two');
  await until('nothing waits', async () => !/goes/.test(await bob.page.locator('#composer-pace').textContent()));

  await ann.page.getByRole('button', { name: 'Room settings' }).click();
  assert.equal(await dialog.getByLabel('Slow mode').inputValue(), '10');
  await dialog.getByLabel('Slow mode').selectOption('Off');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await until('it is off', async () => !(await bob.page.locator('#composer-pace').isVisible()));
});
