// Signing up, in and out; all by keyboard; and what is said when something is wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { password, Person } from './support/person.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const { stack, browser } = await site();

test('a wrong password says so, the right one lets in, signing out ends it', async () => {
  const ann = await Person.visit(browser, stack);
  await ann.signUp('ann', 'Ann');
  const token = await ann.token();
  await ann.page.getByRole('button', { name: 'Sign out' }).click();
  await ann.page.getByLabel('User name').waitFor();
  assert.equal(await ann.token(), null);

  const refused = await fetch(`${stack.url}/api/v1/users/me`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.equal(refused.status, 401);

  await ann.signIn('ann', 'not the password');
  await ann.page.getByRole('alert').getByText('This user name and password do not match.').waitFor();
  assert.equal(await ann.page.locator('#chat').isVisible(), false);
  await ann.signIn('ann', password);
  await ann.page.locator('#chat').waitFor();
  await ann.isLive();
  await ann.leave();
});

test('a name that is taken, and one that cannot be, are explained at the form', async () => {
  const first = await Person.visit(browser, stack);
  await first.signUp('taken', 'First');
  await first.leave();

  const second = await Person.visit(browser, stack);
  const { page } = second;
  await page.getByRole('button', { name: 'Create account' }).first().click();
  await page.getByLabel('User name').fill('taken');
  await page.getByLabel('Password').fill(password);
  await page.locator('#auth-submit').click();
  await page.getByText('This user name is taken. Choose another one.').waitFor();
  await page.getByLabel('User name').fill('Not A Name!');
  await page.locator('#auth-submit').click();
  await until('the field says why', () => page.locator('#auth-name-error').textContent());
  assert.equal(await page.getByLabel('User name').getAttribute('aria-invalid'), 'true');
  await second.leave();
});

test('signing out in one tab ends the others', async () => {
  const ann = await Person.visit(browser, stack);
  await ann.signUp('two.tabs', 'Two Tabs');
  const other = new Person(await ann.page.context().newPage(), stack);
  await other.page.goto(stack.url);
  await other.isLive();
  await ann.page.getByRole('button', { name: 'Sign out' }).click();
  await other.page.getByLabel('User name').waitFor();
  await ann.leave();
});

for (const transport of ['websocket', 'sse', 'poll']) {
  test(`a session that is ended elsewhere leaves the page over ${transport}`, async () => {
    const ann = await Person.visit(browser, stack);
    await ann.signUp(`ended.${transport}`, 'Ended');
    await ann.force(transport);
    const answer = await fetch(`${stack.url}/api/v1/sessions/current`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${await ann.token()}` },
    });
    assert.equal(answer.status, 204);
    await ann.page.getByText('Your session has ended. Please sign in again.').waitFor();
    assert.equal(await ann.token(), null);
    await ann.leave();
  });
}

test('everything can be done by keyboard alone', async () => {
  const eve = await Person.visit(browser, stack);
  const { page } = eve;
  const { keyboard } = page;
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement;
      return element.id || element.textContent.trim();
    });
  const tabTo = async (what) => {
    for (let presses = 0; presses < 40; presses += 1) {
      if ((await focused()) === what) return;
      await keyboard.press('Tab');
    }
    assert.fail(`the Tab key does not come to ${what}`);
  };
  await page.getByLabel('User name').waitFor();
  assert.equal(await focused(), 'auth-name'); // ready to type
  await keyboard.press('Shift+Tab');
  assert.equal(await focused(), 'choose-sign-up');
  await keyboard.press('Enter');
  await tabTo('auth-name');
  await keyboard.type('eve');
  await tabTo('auth-password');
  await keyboard.type(password);
  await keyboard.press('Enter');
  await page.locator('#chat').waitFor();

  await tabTo('new-room');
  await keyboard.press('Enter');
  assert.equal(await focused(), 'room-form-name');
  await keyboard.type('By keyboard');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'By keyboard' }).waitFor();
  await until('the message box has the focus', async () => (await focused()) === 'composer-text');
  await keyboard.type('typed');
  await keyboard.press('Enter');
  await eve.sees('typed');

  await tabTo('connection-toggle');
  await keyboard.press('Enter');
  await keyboard.press('Tab');
  await keyboard.press('Tab');
  await page.locator('input[value="auto"]').focus();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  await eve.isLiveOver('sse');
  await keyboard.press('Escape');
  assert.equal(await focused(), 'connection-toggle');
  await eve.leave();
});

test('every control has a name, and every image is marked', async () => {
  const ann = await Person.visit(browser, stack);
  await ann.signUp('names', 'Names');
  await ann.createRoom('Names');
  const nameless = await ann.page.evaluate(() => {
    const nameOf = (element) =>
      element.getAttribute('aria-label') || element.labels?.[0]?.textContent || element.textContent;
    return [...document.querySelectorAll('button, input, textarea, select, a')]
      .filter((element) => !nameOf(element)?.trim() && element.checkVisibility())
      .map((element) => element.outerHTML)
      .concat([...document.querySelectorAll('img:not([alt])')].map(({ outerHTML }) => outerHTML));
  });
  assert.deepEqual(nameless, []);
  await ann.leave();
});

test('the theme is that of the system until one is chosen, and the choice is kept', async () => {
  const ann = await Person.visit(browser, stack, { colorScheme: 'dark' });
  await ann.signUp('theme', 'Theme');
  const ground = () => ann.page.evaluate(() => getComputedStyle(document.body.parentElement).backgroundColor);
  const dark = await ground();
  await ann.page.getByRole('button', { name: 'Theme: auto' }).click();
  await ann.page.getByRole('button', { name: 'Theme: light' }).waitFor();
  const light = await ground();
  assert.notEqual(light, dark);
  await ann.page.reload();
  await ann.isLive();
  assert.equal(await ground(), light);
  await ann.leave();
});

test('a proxy that answers 401 by itself signs nobody out', async () => {
  const ann = await Person.visit(browser, stack);
  await ann.signUp('behind.a.proxy', 'Ann');
  await ann.createRoom('Lobby');
  const login = (route) => route.fulfill({ status: 401, contentType: 'text/html', body: '<h1>Who are you?</h1>' });
  await ann.page.route('**/api/v1/**', login);
  await ann.page.getByRole('button', { name: 'Refresh' }).click();
  await ann.page.getByText('Something between you and the server answered 401.').waitFor();
  assert.notEqual(await ann.token(), null);
  await ann.page.reload();
  await ann.page.getByText('Something between you and the server answered 401. Trying again…').waitFor();
  await ann.page.unroute('**/api/v1/**', login);
  await ann.isLive();
  await ann.leave();
});

test('whoever signs out is asked about what was not sent, and leaves nothing of it behind', async () => {
  const ann = await Person.visit(browser, stack);
  await ann.signUp('leaving', 'Ann');
  await ann.createRoom('Last words');
  await ann.page.context().setOffline(true);
  await ann.say('a secret that was never sent');
  await ann.page.getByText('Not sent yet').waitFor();
  const kept = () => ann.page.evaluate(() => JSON.stringify(Object.entries(localStorage)).includes('a secret'));
  assert.equal(await kept(), true);
  const dialog = ann.page.getByRole('alertdialog');
  await ann.page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByText('1 message has not been sent. Signing out discards it.').waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  assert.equal(await kept(), true);
  await ann.page.getByRole('button', { name: 'Sign out' }).click();
  await dialog.getByRole('button', { name: 'Discard and sign out' }).click();
  await ann.page.getByLabel('User name').waitFor();
  assert.equal(await kept(), false);
  await ann.leave();
});

test('whoever signs in after somebody else on the same page has rooms of their own, which work', async () => {
  const first = await Person.visit(browser, stack);
  await first.signUp('first.here', 'First');
  await first.createRoom('Shared');
  const second = await Person.visit(browser, stack);
  await second.signUp('second.here', 'Second');
  await second.createRoom('Another');
  await first.page.getByRole('button', { name: 'Refresh' }).click();
  await first.page.getByRole('button', { name: 'Join Another', exact: true }).waitFor();
  await first.page.getByRole('button', { name: 'Sign out' }).click();
  await first.page.getByRole('button', { name: 'Create account' }).first().waitFor();
  await first.signUp('third.here', 'Third');
  await first.page.getByText('You are in no room yet.').waitFor();
  await first.joinRoom('Another');
  await first.say('here I am');
  await first.sees('here I am');
  assert.deepEqual(await first.page.locator('#my-rooms button').allTextContents(), ['#Another']);
  await first.leave();
  await second.leave();
});
