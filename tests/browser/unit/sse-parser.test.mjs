import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser } from '../../../web/js/sse-parser.js';

function parse(pieces) {
  const events = [];
  const retries = [];
  const parser = new SseParser({
    onEvent: (event) => events.push(event),
    onRetry: (milliseconds) => retries.push(milliseconds),
  });
  for (const piece of pieces) parser.push(piece);
  return { events, retries, parser };
}

const stream =
  '\ufeffretry: 1500\n\n: a comment\n\nid: c1\ndata: {"a":1}\n\nevent: x\r\ndata:two\r\ndata: lines\r\n\r\nid: c2\rdata: end\r\r';
const expected = [
  { type: 'message', data: '{"a":1}', lastEventId: 'c1' },
  { type: 'x', data: 'two\nlines', lastEventId: 'c1' },
  { type: 'message', data: 'end', lastEventId: 'c2' },
];

test('a stream gives the same events wherever it is cut', () => {
  for (let first = 0; first <= stream.length; first += 1) {
    for (let second = first; second <= stream.length; second += 1) {
      const pieces = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)];
      const { events, retries } = parse(pieces);
      assert.deepEqual(events, expected);
      assert.deepEqual(retries, [1500]);
    }
  }
});

test('an event that has not ended is not given', () => {
  assert.deepEqual(parse(['data: half\n']).events, []);
});

test('a block without data gives no event, but its id is kept', () => {
  const { events, parser } = parse(['id: c7\n\n']);
  assert.deepEqual(events, []);
  assert.equal(parser.lastEventId, 'c7');
});
