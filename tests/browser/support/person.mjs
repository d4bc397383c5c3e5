// A person at the page: does what a person does, through what a person sees.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const deadlineMs = 15_000;

// Without these, Chromium looks up hosts of its own at every start.
const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
    args: chromiumFlags,
  });
}

export const transports = ['websocket', 'sse', 'poll'];
export const password = 'a long enough password';

let people = 0;

export class Person {
  static #here = new Set(); // those who have not left

  /** A new browser context (cookies and storage of its own) on the page. */
  static async visit(browser, stack, options = {}) {
    const person = await Person.blank(browser, stack, options);
    await person.page.goto(stack.url);
    return person;
  }

  /** The same, before it goes anywhere. */
  static async blank(browser, stack, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(deadlineMs);
    const person = new Person(await context.newPage(), stack);
    Person.#here.add(person);
    return person;
  }

  static async allLeave() {
    for (const person of Person.#here) await person.leave();
  }

  /** Somebody new, signed up through the page. */
  static async signedUp(browser, stack, displayName, options = {}) {
    const person = await Person.visit(browser, stack, options);
    people += 1;
    await person.signUp(`${displayName.toLowerCase()}.${people}`, displayName);
    return person;
  }

  constructor(page, stack) {
    this.page = page;
    this.stack = stack;
    this.complaints = []; // what must never happen on the page, whatever the network does
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? String(error)));
    page.on('console', (message) => {
      const text = message.text();
      if (/Content Security Policy|CSP/.test(text)) this.complaints.push(text);
    });
  }

  async leave() {
    Person.#here.delete(this);
    await this.page.context().close();
    assert.deepEqual(this.complaints, []);
  }

  // ---- accounts

  async signUp(name, displayName) {
    const { page } = this;
    this.name = name;
    this.displayName = displayName;
    await page.getByRole('button', { name: 'Create account' }).first().click();
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Your name, as others see it').fill(displayName);
    await page.getByLabel('Password').fill(password);
    await page.locator('#auth-submit').click();
    await page.locator('#chat').waitFor();
  }

  async signIn(name, secret) {
    const { page } = this;
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password').fill(secret);
    await page.locator('#auth-submit').click();
  }

  /** The token that the page keeps: for sending beside the page, through the same nginx. */
  token() {
    return this.page.evaluate(() => localStorage.getItem('fairlead.token'));
  }

  // ---- rooms

  async createRoom(name, { visibility = 'Public' } = {}) {
    const { page } = this;
    await page.getByRole('button', { name: 'New room' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel(visibility).check();
    await dialog.getByRole('button', { name: 'Create room' }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    return page.evaluate(() => location.hash.slice(1)); // the room's id
  }

  async joinRoom(name) {
    const { page } = this;
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('button', { name: `Join ${name}`, exact: true }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
  }

  // ---- messages

  async say(text) {
    const box = this.page.getByLabel('Message', { exact: true });
    await box.fill(text);
    await box.press('Enter');
  }

  /** The texts on the page, top to bottom; those still on their way too. */
  texts() {
    return this.page.getByTestId('text').allTextContents();
  }

  /** Waits until the page shows `text`, then nothing that was shown twice or out of order counts. */
  async sees(text) {
    await this.page.getByTestId('text').getByText(text, { exact: true }).first().waitFor();
  }

  async seesExactly(texts) {
    const last = texts.at(-1);
    if (last) await this.sees(last);
    assert.deepEqual(await this.texts(), texts);
  }

  // ---- the connection

  async openConnectionPanel() {
    const button = this.page.locator('#connection-toggle');
    if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
  }

  async closeConnectionPanel() {
    const button = this.page.locator('#connection-toggle');
    if ((await button.getAttribute('aria-expanded')) === 'true') await button.click();
  }

  /** Moves the switch; resolves when the page says that it is connected that way. */
  async force(transport) {
    await this.openConnectionPanel();
    await this.page.locator(`input[name="transport"][value="${transport}"]`).check();
    if (transport !== 'auto') await this.isLiveOver(transport);
    await this.closeConnectionPanel();
  }

  async isLiveOver(transport, timeout = deadlineMs) {
    const button = this.page.locator(`#connection-toggle[data-transport="${transport}"]`);
    await button.waitFor({ timeout });
  }

  async isLive(timeout = deadlineMs) {
    await this.page.locator('#connection-toggle[data-state="live"]').waitFor({ timeout });
  }

  // ---- people

  person(name) {
    return this.page.getByTestId('person').filter({ hasText: name });
  }

  async seesStatus(name, status, timeout = deadlineMs) {
    const shown = this.page.locator(`[data-testid="person"][data-status="${status}"]`);
    await shown.filter({ hasText: name }).waitFor({ timeout });
  }

  /** A picture for a person to look at; the folder is printed once. */
  async screenshot(name, options = {}) {
    if (!Person.pictures) {
      Person.pictures = process.env.FAIRLEAD_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'fairlead-pictures-'));
      console.log(`pictures of the page: ${Person.pictures}`);
    }
    await this.page.screenshot({ path: join(Person.pictures, `${name}.png`), ...options });
  }
}
