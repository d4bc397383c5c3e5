// Nothing is lost and nothing comes twice: over reloads, switches of transport, restarts and kills of
// the server, networks that block a transport, and while offline.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Person, transports } from './support/person.mjs';
import { Sender } from './support/sender.mjs';
import { site } from './support/site.mjs';
import { until } from './support/stack.mjs';

const { stack, browser } = await site();
let ann;
let bob; // sends beside a page
let bobsToken;

before(async () => {
  ann = await Person.signedUp(browser, stack, 'Ann');
  bob = await Person.signedUp(browser, stack, 'Bob');
  bobsToken = await bob.token();
});

/** A new room with both in it, open on Ann's page; Bob's sender for it. */
async function room(name) {
  const roomId = await ann.createRoom(name);
  await bob.joinRoom(name);
  return new Sender({ stack, token: bobsToken, roomId });
}

test('switching the transport under a stream of messages loses and repeats nothing', async () => {
  const sender = await room('Switching');
  sender.start(15);
  const order = ['sse', 'poll', 'websocket', 'poll', 'sse', 'websocket', 'sse', 'poll', 'auto'];
  for (const transport of order) {
    await ann.force(transport);
    const { count } = sender;
    await ann.sees(`number ${count + 2}`); // some have come this way
  }
  await ann.seesExactly(await sender.stop());
});

for (const transport of transports) {
  test(`a reload over ${transport} loses and repeats nothing`, async () => {
    const sender = await room(`Reload over ${transport}`);
    await ann.force(transport);
    sender.start(40);
    await ann.sees('number 5');
    await ann.page.reload();
    await ann.isLiveOver(transport); // the switch is remembered
    await ann.sees(`number ${sender.count + 3}`);
    const texts = await sender.stop();
    assert.ok(texts.length <= 50, 'one page of history is to hold them all');
    await ann.seesExactly(texts);
  });

  test(`a restart of the server under ${transport} loses and repeats nothing`, async () => {
    const sender = await room(`Restart under ${transport}`);
    await ann.force(transport);
    sender.start(20);
    await ann.sees('number 5');
    await stack.restartServer();
    await ann.isLiveOver(transport, 20_000);
    await ann.sees(`number ${sender.count + 3}`);
    await ann.seesExactly(await sender.stop());
  });

  test(`kill -9 of the server under ${transport} loses and repeats nothing`, async () => {
    const sender = await room(`Kill under ${transport}`);
    await ann.force(transport);
    sender.start(20);
    await ann.sees('number 5');
    await stack.end('fairlead', 'SIGKILL');
    await ann.page.locator('#connection-toggle:not([data-state="live"])').waitFor();
    await ann.say(`said while the server was away (${transport})`);
    await ann.page.getByText('Not sent yet').waitFor();
    await stack.startServer();
    await ann.isLiveOver(transport, 20_000);
    await ann.sees(`number ${sender.count + 3}`);
    const numbers = await sender.stop();
    await ann.sees(numbers.at(-1));
    await until('the kept message is sent', async () => (await ann.page.locator('.pending').count()) === 0);
    const texts = await ann.texts();
    assert.deepEqual(texts.filter((text) => text.startsWith('number')), numbers);
    assert.equal(texts.filter((text) => text.startsWith('said while')).length, 1);
    assert.equal(texts.length, numbers.length + 1);
  });
}

test('history loads older messages on scroll, all of them, once each', async () => {
  const sender = await room('History');
  await ann.createRoom('Elsewhere');
  await sender.send(130);
  await ann.page.reload();
  await ann.page.getByRole('button', { name: /History/ }).click();
  await ann.sees('number 130');
  assert.equal((await ann.texts()).length, 50);
  await until('all are loaded', async () => {
    await ann.page.locator('#scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
    return (await ann.texts()).length >= 130;
  });
  await ann.page.getByText('This is where the room begins.').waitFor();
  assert.deepEqual(await ann.texts(), sender.texts());
});

test('loading older messages leaves the reader where they were', async () => {
  const sender = await room('Place');
  await sender.send(120);
  await ann.page.reload();
  await ann.sees('number 120');
  const top = await ann.page.evaluate(async () => {
    const scroller = document.querySelector('#scroller');
    const place = () => {
      const message = [...document.querySelectorAll('[data-testid="message"]')]
        .find((element) => element.dataset.seq === '80');
      return Math.round(message.getBoundingClientRect().top);
    };
    scroller.scrollTo(0, 200);
    const before = place();
    while (document.querySelectorAll('[data-testid="message"]').length < 100) {
      await new Promise((done) => requestAnimationFrame(done));
    }
    return { before, after: place() };
  });
  assert.ok(Math.abs(top.after - top.before) <= 1, `moved from ${top.before} to ${top.after}`);
});

test('whoever reads further up is told of new messages, not pulled away', async () => {
  const sender = await room('Reading');
  await sender.send(60);
  await ann.sees('number 60');
  // The page knows where it stands when it has heard of the scrolling, with the next frame.
  await ann.page.locator('#scroller').evaluate(
    (scroller) =>
      new Promise((heard) => {
        scroller.addEventListener('scroll', () => requestAnimationFrame(heard), { once: true });
        scroller.scrollTo(0, 100);
      }),
  );
  const jump = ann.page.getByRole('button', { name: 'New messages' });
  await sender.send(1);
  await jump.waitFor();
  assert.ok((await ann.page.locator('#scroller').evaluate(({ scrollTop }) => scrollTop)) < 2_000);
  await jump.click();
  await jump.waitFor({ state: 'hidden' });
  await ann.page.getByText('number 61', { exact: true }).waitFor();
});

test('what is written offline is kept, sent when the network is back, and sent once', async () => {
  const sender = await room('Offline');
  await sender.send(1);
  await ann.sees('number 1');
  await ann.page.context().setOffline(true);
  await ann.say('first, offline');
  await ann.say('second, offline');
  await until('both wait', async () => (await ann.page.locator('.pending').count()) === 2);
  await ann.page.context().setOffline(false);
  await until('both are sent', async () => (await ann.page.locator('.pending').count()) === 0);
  await ann.seesExactly(['number 1', 'first, offline', 'second, offline']);
  await bob.page.reload();
  await bob.seesExactly(['number 1', 'first, offline', 'second, offline']);
});

test('a message whose answer is lost on the way is sent again and is there once', async () => {
  await room('Lost answer');
  await ann.force('sse');
  let lost = 0;
  const loseAnswers = async (route) => {
    if (route.request().method() !== 'POST' || lost === 2) return route.fallback();
    lost += 1;
    await route.fetch(); // the server has it
    return route.abort();
  };
  await ann.page.route('**/messages', loseAnswers);
  // The stream must not be what tells the page that it has arrived.
  await ann.page.route('**/rt/v1/poll', (route) => route.abort());
  await ann.openConnectionPanel();
  await ann.page.locator('input[name="transport"][value="poll"]').check();
  await ann.page.locator('#connection-toggle:not([data-state="live"])').waitFor();
  await ann.say('just once');
  await until('two answers are lost', async () => lost === 2);
  await until('it is sent', async () => (await ann.page.locator('.pending').count()) === 0);
  await ann.page.unroute('**/rt/v1/poll');
  await ann.page.unroute('**/messages', loseAnswers);
  await ann.force('auto');
  await ann.isLive();
  await ann.seesExactly(['just once']);
  await ann.page.reload();
  await ann.seesExactly(['just once']);
});

test('what is not sent yet survives a reload while the server is away', async () => {
  await room('Kept');
  await stack.end('fairlead');
  await ann.say('kept over a reload');
  await ann.page.getByText('Not sent yet').waitFor();
  await ann.page.reload();
  await ann.page.getByText('Trying again…').waitFor();
  await stack.startServer();
  await ann.isLive(20_000);
  await ann.seesExactly(['kept over a reload']);
  await until('it is sent', async () => (await ann.page.locator('.pending').count()) === 0);
  await ann.seesExactly(['kept over a reload']);
});

test('a message that the server will not have can be tried again or discarded', async () => {
  await room('Refused');
  await ann.force('sse'); // then it is sent by REST, where this test can refuse it
  const refuse = (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    const problem = { title: 'Unprocessable', code: 'invalid_fields', detail: 'no', fields: { text: 'not like this' } };
    return route.fulfill({ status: 422, contentType: 'application/problem+json', json: problem });
  };
  await ann.page.route('**/messages', refuse);
  await ann.say('one to discard');
  await ann.page.getByText('Not sent: not like this').waitFor();
  await ann.page.getByRole('button', { name: 'Discard' }).click();
  await ann.say('one to try again');
  await ann.page.getByText('Not sent: not like this').waitFor();
  await ann.page.unroute('**/messages', refuse);
  await ann.page.getByRole('button', { name: 'Try again' }).click();
  await until('it is sent', async () => (await ann.page.locator('.failed, .pending').count()) === 0);
  await ann.seesExactly(['one to try again']);
});

test('where WebSockets open but carry nothing, the page falls back to SSE by itself', async () => {
  const carl = await Person.visit(browser, stack);
  await carl.page.routeWebSocket(/\/rt\/v1\//, () => {}); // opens, and then silence
  await carl.page.reload();
  await carl.signUp('carl', 'Carl');
  await carl.isLiveOver('sse');
  await carl.createRoom('Behind a proxy');
  await carl.say('it works all the same');
  await carl.sees('it works all the same');
  await carl.page.locator('#connection-toggle').click();
  await carl.page.getByText('This network does not let WebSocket through.').waitFor();
  await carl.leave();
});

test('where neither WebSocket nor SSE passes, the page falls back to long poll', async () => {
  const dora = await Person.visit(browser, stack);
  await dora.page.routeWebSocket(/\/rt\/v1\//, (socket) => socket.close());
  await dora.page.route(/\/rt\/v1\/sse/, (route) => route.abort());
  await dora.page.reload();
  await dora.signUp('dora', 'Dora');
  await dora.isLiveOver('poll');
  await dora.openConnectionPanel();
  await dora.page.getByText('This network does not let server-sent events through.').waitFor();
  const roomId = await dora.createRoom('Behind a wall');
  const token = await dora.token();
  const sender = new Sender({ stack, token, roomId });
  await sender.send(5);
  await dora.seesExactly(sender.texts());
  await dora.leave();
});
