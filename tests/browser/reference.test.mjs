// The API's documents are valid OpenAPI and AsyncAPI, are served, and the page made of them shows every call and event.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import asyncapi from '@asyncapi/parser';
import { isAccessible } from './support/axe.mjs';
import { Person } from './support/person.mjs';
import { site } from './support/site.mjs';

const { stack, browser } = await site();

const documentOf = async (name) => {
  const response = await fetch(`${stack.url}/${name}`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^application\/yaml/);
  return response.text();
};

test('openapi.yaml is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(await documentOf('openapi.yaml'));
  assert.ok(valid, JSON.stringify(errors, null, 1));
  assert.equal(validator.version, '3.1');
});

test('asyncapi.yaml is valid AsyncAPI 3', async () => {
  const source = new URL(`../../docs/asyncapi.yaml`, import.meta.url).pathname; // it names the other document beside it
  const { document, diagnostics } = await new asyncapi.Parser().parse(await documentOf('asyncapi.yaml'), { source });
  const errors = diagnostics.filter(({ severity }) => severity === 0);
  assert.deepEqual(errors.map(({ path, message }) => `${path.join('.')}: ${message}`), []);
  assert.equal(document.version(), '3.0.0');
});

for (const [device, options] of Object.entries({ 'a desk': {}, 'a phone': { viewport: { width: 390, height: 844 } } })) {
  test(`the page shows every call and event, at ${device}`, async () => {
    const reader = await Person.blank(browser, stack, options);
    const { page } = reader;
    const complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(stack.url);
    await page.getByRole('link', { name: 'API reference' }).click();
    await page.getByRole('heading', { name: 'API reference' }).waitFor();
    const shown = await page.locator('article h3').allInnerTexts();
    let path = '';
    let calls = 0;
    for (const line of (await documentOf('openapi.yaml')).split('\ncomponents:')[0].split('\n')) {
      path = line.match(/^ {2}(\/\S*):$/)?.[1] ?? path;
      const method = line.match(/^ {4}(get|post|put|patch|delete):$/)?.[1];
      if (!method) continue;
      ++calls;
      assert.ok(shown.includes(`${method.toUpperCase()} ${path}`), `${method} ${path}`);
    }
    assert.ok(calls > 30);
    const text = await page.locator('main').innerText();
    for (const type of ['message.created', 'member.left', 'heartbeat', 'bye', 'presence']) assert.ok(text.includes(type), type);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'nothing is cut at the side');
    await page.locator('summary').first().click();
    await page.locator('nav a').first().click();
    assert.match(page.url(), /#get-api-v1-users$/);
    await isAccessible(page, `reference at ${device}`);
    if (process.env.FAIRLEAD_SCREENS) await page.screenshot({ path: `${process.env.FAIRLEAD_SCREENS}/reference-${device.slice(2)}.png` });
    assert.deepEqual(complaints, []);
  });
}
