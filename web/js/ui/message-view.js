// One row of the timeline as an element.

import { nameOf } from '../state/emoji.js';
import { displayName } from '../state/store.js';
import { avatar } from './avatar.js';
import { h } from './dom.js';
import { fullTimeOf, plural, shortTimeOf, timeOf } from './format.js';
import { nodesOf } from './rich-text.js';

/** @param does {retry(nonce), discard(nonce), jump(messageId), react(message, emoji, on)} */
export function rowElement(row, does) {
  if (row.kind === 'day') return h('li', { class: 'day' }, h('span', {}, row.text));
  if (row.kind === 'new') return h('li', { class: 'new-line', id: 'new-line' }, h('span', {}, 'New messages'));
  return messageElement(row, does);
}

function messageElement(row, does) {
  const { author, state } = row;
  const classes = ['message', row.mine && 'mine', row.heads && 'heads', row.forMe && 'for-me', row.edited && !row.deleted && 'edited', state];
  const item = h('li', {
    class: classes.filter(Boolean).join(' '),
    tabindex: '-1',
    'data-testid': 'message',
    'data-seq': row.seq,
    'data-id': row.message.id,
  });
  if (row.heads) item.append(avatar(author, displayName(author)));
  item.append(h('div', { class: 'body' }, byline(row), quote(row, does), text(row), foot(row, does)));
  if (!row.heads) {
    const time = h('span', { class: 'gutter', 'aria-hidden': 'true', title: fullTimeOf(row.date) }, shortTimeOf(row.date));
    item.append(time);
  }
  return item;
}

function byline({ heads, author, date }) {
  return h('p', { class: heads ? 'byline' : 'visually-hidden' },
    h('b', { class: 'author', dir: 'auto', title: author.name }, displayName(author)), ' ',
    h('time', { datetime: date.toISOString(), title: fullTimeOf(date) }, timeOf(date)));
}

/** The message that is answered, in short; it leads there. */
function quote({ quote: quoted, deleted }, does) {
  if (!quoted || deleted) return null;
  return h('button', {
    type: 'button',
    class: 'quote',
    tabindex: '-1',
    'data-testid': 'quote',
    title: 'Go to that message',
    onclick: () => does.jump(quoted.id),
  },
  h('span', { class: 'visually-hidden' }, 'Answers '),
  h('b', { dir: 'auto' }, quoted.name ?? ''), ' ',
  h('span', { dir: 'auto' }, quoted.text ?? '…'));
}

function text({ deleted, parts }) {
  if (deleted) return h('p', { class: 'text tombstone' }, 'This message was deleted.');
  return h('p', { class: 'text', 'data-testid': 'text', dir: 'auto' }, ...nodesOf(parts));
}

function foot(row, does) {
  if (row.state === 'pending') return pending(row, does);
  if (row.state === 'failed') return failed(row, does);
  if (row.deleted || row.reactions.length === 0) return null;
  return h('div', { class: 'reactions' }, ...row.reactions.map((reaction) => reactionButton(row.message, reaction, does)));
}

function reactionButton(message, { emoji, count, me }, does) {
  return h('button', {
    type: 'button',
    class: 'reaction',
    tabindex: '-1',
    'aria-pressed': String(me),
    'aria-label': `${nameOf(emoji)}: ${plural(count, 'person', 'people')}${me ? ', you too' : ''}`,
    'data-emoji': emoji,
    onclick: () => does.react(message, emoji, !me),
  }, h('span', { class: 'emoji' }, emoji), ' ', h('span', { class: 'count' }, String(count)));
}

function pending({ waiting, nonce }, does) {
  if (!waiting) return h('p', { class: 'on-its-way' }, 'Sending…');
  return h('p', { class: 'on-its-way' },
    h('span', {}, 'Not sent yet: it goes when it can'),
    h('button', { type: 'button', class: 'quiet small', onclick: () => does.discard(nonce) }, 'Discard'));
}

function failed({ nonce, problem }, does) {
  return h('div', { class: 'failure', role: 'alert' },
    h('span', {}, `Not sent: ${problem}`),
    h('button', { type: 'button', class: 'quiet small', onclick: () => does.retry(nonce) }, 'Try again'),
    h('button', { type: 'button', class: 'quiet small', onclick: () => does.discard(nonce) }, 'Discard'));
}
