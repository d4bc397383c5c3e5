// What nearly each file here begins with: a stack and a browser, which go when the file's tests are over.

import { after } from 'node:test';
import { launchBrowser, Person } from './person.mjs';
import { Stack } from './stack.mjs';

/** {stack, browser}; whoever is still at a page then leaves it. @param options the stack's */
export async function site(options) {
  const stack = new Stack(options);
  let browser;
  after(async () => {
    try {
      await Person.allLeave();
    } finally {
      await browser?.close();
      await stack.stop();
    }
  });
  await stack.start();
  browser = await launchBrowser();
  return { stack, browser };
}
