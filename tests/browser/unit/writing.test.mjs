import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, complete, mentionAt } from '../../../web/js/state/completion.js';
import { Compositions, lastOwn } from '../../../web/js/state/composition.js';
import * as emoji from '../../../web/js/state/emoji.js';

test('a mention is completed where it is begun, not in addresses and not in the middle of a word', () => {
  const at = (text) => mentionAt(text.replace('|', ''), text.indexOf('|'));
  assert.deepEqual(at('hello @an|'), { start: 6, query: 'an' });
  assert.deepEqual(at('@|'), { start: 0, query: '' });
  assert.deepEqual(at('你好@An|'), { start: 2, query: 'an' });
  assert.equal(at('ann@exa|'), null);
  assert.equal(at('@an|na'), null);
  assert.equal(at('@ann |'), null);
});

test('names that begin so come first, then words of display names; at most eight', () => {
  const users = [
    { name: 'zoe', display_name: 'Anna Zoe' },
    { name: 'bob', display_name: 'Bob' },
    { name: 'anton', display_name: 'Toni' },
    { name: 'max', display_name: 'Max Anders' },
  ];
  assert.deepEqual(candidates(users, 'an').map(({ name }) => name), ['anton', 'max', 'zoe']);
  assert.deepEqual(candidates(users, 'bob'), [], 'it is written out: Enter sends');
  const many = Array.from({ length: 30 }, (_, i) => ({ name: `ann${i}`, display_name: '' }));
  assert.equal(candidates(many, 'ann').length, 8);
});

test('the name goes in with one blank after it, and the caret behind that', () => {
  assert.deepEqual(complete('hi @an there', 3, 6, 'anna'), { text: 'hi @anna there', caret: 9 });
  assert.deepEqual(complete('@', 0, 1, 'bob'), { text: '@bob ', caret: 5 });
});

test('what is written is kept for each room; a change gives it back, an answer goes with it', () => {
  const compositions = new Compositions();
  compositions.write('r_1', 'half a thought');
  compositions.write('r_2', 'elsewhere');
  const own = { id: 'm_1', text: 'old' };
  compositions.edit('r_1', own);
  assert.equal(compositions.of('r_1').text, 'old');
  compositions.write('r_1', 'new ');
  assert.deepEqual(compositions.take('r_1').editing, own);
  assert.equal(compositions.of('r_1').text, 'new ', 'until it is saved');
  compositions.edit('r_1', { id: 'm_2', text: 'another' });
  assert.equal(compositions.cancel('r_1'), true);
  assert.equal(compositions.of('r_1').text, 'half a thought');
  compositions.reply('r_1', { id: 'm_3', text: 'asked' });
  const taken = compositions.take('r_1');
  assert.deepEqual([taken.text, taken.replyTo.id], ['half a thought', 'm_3']);
  assert.deepEqual([compositions.of('r_1').text, compositions.of('r_1').replyTo], ['', null]);
  assert.equal(compositions.of('r_2').text, 'elsewhere');
  assert.equal(compositions.cancel('r_1'), false);
});

test('what is deleted is neither changed nor answered any more', () => {
  const compositions = new Compositions();
  compositions.reply('r_1', { id: 'm_3', text: 'asked' });
  compositions.deleted('r_1', 'm_4');
  assert.equal(compositions.of('r_1').replyTo.id, 'm_3');
  compositions.deleted('r_1', 'm_3');
  assert.equal(compositions.of('r_1').replyTo, null);
});

test('arrow-up changes one\'s own last message that is still there', () => {
  const by = (id, number, more) => ({ id: `m_${number}`, author: { id }, ...more });
  const messages = [by('me', 1), by('me', 2, { deleted_at: 'then' }), by('you', 3)];
  assert.equal(lastOwn(messages, 'me').id, 'm_1');
  assert.equal(lastOwn([by('you', 1)], 'me'), undefined);
});

test('each emoji is there once, can be found by its words, and is called by them', () => {
  assert.equal(new Set(emoji.all.map((one) => one.emoji)).size, emoji.all.length);
  assert.ok(emoji.all.every((one) => one.words));
  assert.ok(emoji.usual.every((one) => emoji.nameOf(one) !== one));
  assert.deepEqual(emoji.find('par cel').map((one) => one.emoji), ['🥳', '🎉']);
  assert.deepEqual(emoji.find('nothing such'), []);
});

test('those used last are kept in front, each once, twelve at most', () => {
  let recent = [];
  for (const { emoji: one } of emoji.all.slice(0, 20)) recent = emoji.used(recent, one);
  recent = emoji.used(recent, recent[5]);
  assert.equal(recent.length, 12);
  assert.equal(new Set(recent).size, 12);
});
