// What the timeline shows, top to bottom: a line for each new day, messages, the line where the new ones begin, and
// those on their way. Each row has a key, and a stamp that changes with what is seen of it. Pure.

import { displayName } from '../state/store.js';
import { isBelow } from '../state/unread.js';
import { dayOf } from './format.js';
import { partsOf } from './rich-text.js';

const groupMs = 5 * 60_000; // messages of one person this close together share a heading
const quoteCharsMax = 140;

/**
 * @param messages of the timeline, oldest first
 * @param unsent what is on its way (the client's OutboxItems)
 * @param me the person at the page
 * @param isLive whether what is on its way can leave now
 * @param line where the new messages begin (state/unread.js); null: there is no line
 * @param users user name → user: who can be mentioned
 * @param quoted (id) => the message that another one answers, undefined while not known, null if it is gone
 */
export function rowsOf({ messages, unsent, me, isLive, line = null, users = new Map(), quoted = () => undefined }) {
  const rows = [];
  const sent = new Set(messages.map(({ author, nonce }) => author.id === me.id && nonce));
  const waiting = inTurn(unsent.filter(({ nonce }) => !sent.has(nonce))).map((item) => asMessage(item, me));
  const userNamed = (name) => users.get(name)?.id;
  let last = null;
  let lastDay = '';
  let drawn = false;
  for (const message of [...messages, ...waiting]) {
    const date = new Date(message.created_at);
    const day = dayOf(date);
    if (day !== lastDay) rows.push({ kind: 'day', key: `day ${date.toDateString()}`, stamp: day, text: day });
    const isNew = !drawn && message.author.id !== me.id && isBelow(message, line);
    if (isNew) rows.push({ kind: 'new', key: 'new', stamp: '' });
    drawn ||= isNew;
    const heads = day !== lastDay || isNew || last.author.id !== message.author.id || Boolean(message.reply_to) ||
      date - new Date(last.created_at) > groupMs;
    rows.push(messageRow(message, { date, heads, me, isLive, userNamed, quoted }));
    last = message;
    lastDay = day;
  }
  return rows;
}

/** They go one after another: what stands behind one that waits does so as well. */
function inTurn(unsent) {
  const first = unsent.findIndex(({ state, waiting }) => state === 'pending' && waiting);
  return unsent.map((item, index) => (first >= 0 && index > first ? { ...item, waiting: true } : item));
}

const asMessage = (item, me) => ({ ...item, author: me, created_at: new Date(item.queued_at).toISOString() });

function messageRow(message, { date, heads, me, isLive, userNamed, quoted }) {
  const mine = message.author.id === me.id;
  const { mentions = [], reactions = [], text = '' } = message;
  const row = {
    kind: 'message',
    // One's own keeps its place on the page when it turns from pending into sent.
    key: mine && message.nonce ? `nonce ${message.nonce}` : message.id,
    message,
    author: message.author,
    date,
    heads,
    mine,
    nonce: message.nonce,
    problem: message.problem,
    seq: message.seq,
    state: message.state, // of what is on its way
    waiting: message.state === 'pending' && (Boolean(message.waiting) || !isLive),
    parts: partsOf(text, { mentions, me: me.id, userNamed }),
    forMe: mentions.includes(me.id),
    quote: message.reply_to ? quoteOf(message.reply_to, quoted(message.reply_to)) : null,
    reactions,
    deleted: Boolean(message.deleted_at),
    edited: Boolean(message.edited_at),
  };
  const { message: _, date: __, ...seen } = row;
  row.stamp = JSON.stringify(seen);
  return row;
}

/** A few words of the message that is answered. `text` is undefined while it is not known. */
export function quoteOf(id, message) {
  if (message === undefined) return { id };
  if (message === null || message.deleted_at) return { id, name: '', text: 'A message that was deleted' };
  return { id, name: displayName(message.author), text: shorten(message.text) };
}

export function shorten(text) {
  const characters = [...text.replace(/\s+/g, ' ')];
  return characters.length > quoteCharsMax ? `${characters.slice(0, quoteCharsMax).join('')}…` : characters.join('');
}
