// axe-core on a page, as it stands: nothing serious or critical may be found, in light and in dark.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @param view what is looked at, for the message */
export async function isAccessible(page, view) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await findings(page), [], `${view}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Serious and critical ones, as 'rule: element'. */
async function findings(page) {
  await page.evaluate(source); // not a script of the page: its CSP would not have one
  const { passes, violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations', 'passes'] }));
  assert.ok(passes.length > 10, 'it has looked');
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}
