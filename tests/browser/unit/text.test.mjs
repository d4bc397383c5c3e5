import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markedParts, partsOf } from '../../../web/js/ui/rich-text.js';
import { iconOf, titleOf } from '../../../web/js/ui/page-title.js';
import { spoken } from '../../../web/js/ui/speaker.js';
import { explain, happened } from '../../../web/js/words.js';

const unreachable = { name: 'NetworkError' };
const problem = (status, more) => ({ name: 'ProblemError', status, ...more });
const links = (text) => partsOf(text).filter(({ kind }) => kind === 'link').map(({ text: shown }) => shown);
const joined = (parts) => parts.map(({ text }) => text).join('');

test('links end where a person ends them', () => {
  assert.deepEqual(links('see https://a.example/x?y=1&z=2. And http://b.example!'), ['https://a.example/x?y=1&z=2', 'http://b.example']);
  assert.deepEqual(links('(https://a.example/wiki/Rope_(knot)), "https://b.example"'), ['https://a.example/wiki/Rope_(knot)', 'https://b.example']);
});

test('only http and https become links; what turns the direction of writing ends one', () => {
  assert.deepEqual(links('javascript:alert(1) data:text/html,x ftp://a.example xhttps://a.example'), []);
  assert.deepEqual(links('https://a.example/\u202egpj.exe'), ['https://a.example/']);
  assert.deepEqual(links('https://'), []);
});

test('a mention is shown as the server found it: members alone, without the sentence\'s full stop', () => {
  const ids = { ann: 'u_ann', 'bob.1': 'u_bob' };
  const how = { mentions: ['u_ann', 'u_bob'], me: 'u_ann', userNamed: (name) => ids[name] };
  const parts = partsOf('Hi @Ann, ask @bob.1. Not x@ann or @zoe.', how);
  const found = parts.filter(({ kind }) => kind === 'mention');
  assert.deepEqual(found.map(({ text, me }) => [text, me]), [['@Ann', true], ['@bob.1', false]]);
  assert.deepEqual(partsOf('@ann', { ...how, mentions: [] }).map(({ kind }) => kind), ['text']);
});

test('all parts together are what was written, whatever it is', () => {
  const texts = ['', '@', '@@ann@ann', 'https://https://x', 'é́ 👩‍👩‍👧 שלום https://א.example @ann', 'a'.repeat(4000), '😀'.repeat(4000), '<b>&amp;</b>\n\n', 'https://a.example/)))'.repeat(190)];
  const how = { mentions: ['u'], me: 'u', userNamed: () => 'u' };
  for (const text of texts) assert.equal(joined(partsOf(text, how)), text);
});

test('marks count characters, not UTF-16 units', () => {
  assert.deepEqual(markedParts('😀 rope, rope', [[2, 4], [8, 4]]), [
    { text: '😀 ', marked: false },
    { text: 'rope', marked: true },
    { text: ', ', marked: false },
    { text: 'rope', marked: true },
  ]);
  assert.deepEqual(markedParts('none', []), [{ text: 'none', marked: false }]);
});

test('the title has the count, the icon a dot or a figure', () => {
  assert.equal(titleOf('Harbour', { unread: 0 }), 'Harbour · Fairlead');
  assert.equal(titleOf('', { unread: 120 }), '(99+) Fairlead');
  assert.equal(iconOf({ unread: 0, forMe: 0 }), undefined);
  assert.doesNotMatch(decodeURIComponent(iconOf({ unread: 3, forMe: 0 })), /<text/);
  assert.match(decodeURIComponent(iconOf({ unread: 30, forMe: 12 })), />9\+<\/text>/);
});

test('a few messages are spoken each, many in one sentence', () => {
  assert.deepEqual(spoken(['a', 'b']), ['a', 'b']);
  assert.deepEqual(spoken(['a', 'b', 'c', 'd']), ['4 new messages. The last one: d']);
});

test('what went wrong is said with what to do', () => {
  assert.match(explain(unreachable), /Try again when you are connected/);
  assert.match(explain(problem(401, {})), /between you and the server answered 401\. Try again/);
  assert.match(explain(problem(429, { code: 'rate_limited' })), /Wait a few seconds/);
  assert.equal(explain(problem(422, { code: 'invalid_fields', fields: { text: 'is too long' } })), 'is too long');
  assert.equal(happened(unreachable), 'The server cannot be reached.');
});
