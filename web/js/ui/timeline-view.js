// The messages of the open room: what is loaded, what is on its way, and where the reader stands.

import { displayName } from '../store.js';
import { avatar } from './avatar.js';
import { $, announce, h, reconcile } from './dom.js';
import { dayOf, fullTimeOf, shortTimeOf, timeOf } from './format.js';

const nearTopPx = 300; // older messages are fetched before the reader is at the very top
const nearEndPx = 60; // counts as "at the end", where new messages are followed
const groupMs = 5 * 60_000; // messages of one person this close together share a heading

export class TimelineView {
  #chat;
  #roomId = null;
  #following = true; // the reader is at the end and stays there
  #endTop = 0; // where the end was when it was last shown
  #onSeen;
  #error = '';

  /** @param onSeen called when the reader has come to the newest message */
  constructor({ chat, signal, onSeen }) {
    this.#chat = chat;
    this.#onSeen = onSeen;
    $('scroller').addEventListener('scroll', () => this.#scrolled(), { signal, passive: true });
    $('load-older').addEventListener('click', () => this.#loadOlder(), { signal });
    $('jump').addEventListener('click', () => this.#toEnd(), { signal });
    chat.addEventListener('message', ({ detail }) => this.#announce(detail), { signal });
    // Smaller or larger: a phone's keyboard, the composer growing. Stay where the reader was.
    const resized = new ResizeObserver(() => this.#following && this.#toEnd());
    resized.observe($('scroller'));
    signal.addEventListener('abort', () => resized.disconnect());
  }

  /** True if what arrives now is before the reader's eyes. */
  get following() {
    return this.#following;
  }

  render() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    const scroller = $('scroller');
    scroller.hidden = !room;
    if (!room) return;
    if (room.id !== this.#roomId) {
      this.#roomId = room.id;
      this.#following = true;
      this.#error = '';
      $('messages').replaceChildren();
    } else if (this.#following) {
      this.#following = !this.#hasLeftTheEnd();
    }
    const timeline = store.timeline(room.id);
    const pending = this.#chat.unsent(room.id);
    const messages = timeline.loaded ? timeline.messages : [];
    const isLive = this.#chat.status.state === 'live';
    const rows = rowsOf(messages, pending, store.user, isLive);

    const anchor = this.#following ? null : firstInView(scroller);
    const anchorKey = anchor?.dataset.key;
    const anchorTop = anchor && topOf(anchor);
    reconcile($('messages'), rows, {
      key: (row) => row.key,
      stamp: (row) => row.stamp,
      render: (row) => this.#row(row),
    });
    $('load-older').hidden = !timeline.loaded || !timeline.hasMore;
    $('load-older').disabled = timeline.loading;
    $('load-older').textContent = this.#error || (timeline.loading ? 'Loading…' : 'Load older messages');
    $('beginning').hidden = !timeline.loaded || timeline.hasMore;

    if (this.#following) {
      this.#toEnd();
    } else if (anchorKey) {
      // If older messages came in above, what the reader looks at stays where it is.
      const moved = [...$('messages').children].find(({ dataset }) => dataset.key === anchorKey);
      if (moved) scroller.scrollTop += topOf(moved) - anchorTop;
    }
    $('jump').hidden = this.#following || !room.unread;
  }

  #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = $('scroller');
    return scrollHeight - scrollTop - clientHeight < nearEndPx;
  }

  /** The reader has just scrolled up, and the scroll event for it is still to come. */
  #hasLeftTheEnd() {
    return $('scroller').scrollTop < this.#endTop - nearEndPx && !this.#isAtEnd();
  }

  #scrolled() {
    this.#following = this.#isAtEnd();
    if (this.#following) {
      $('jump').hidden = true;
      this.#onSeen();
    }
    if ($('scroller').scrollTop < nearTopPx && !this.#error) this.#loadOlder();
  }

  async #loadOlder() {
    const roomId = this.#roomId;
    this.#error = '';
    try {
      await this.#chat.loadOlder(roomId);
    } catch {
      this.#error = 'That did not work. Try again';
      this.render();
    }
  }

  #toEnd() {
    this.#following = true;
    $('scroller').scrollTop = $('scroller').scrollHeight;
    this.#endTop = $('scroller').scrollTop;
  }

  #announce(message) {
    if (message.room_id !== this.#chat.store.currentRoomId || message.deleted_at) return;
    announce($('announce-messages'), `${displayName(message.author)}: ${message.text}`);
  }

  #row(row) {
    if (row.kind === 'day') return h('li', { class: 'day' }, h('span', {}, row.text));
    const { author, mine, heads, state } = row;
    const item = h('li', {
      class: `message${mine ? ' mine' : ''}${heads ? ' heads' : ''}${state ? ` ${state}` : ''}`,
      'data-testid': 'message',
      'data-seq': row.seq,
    });
    if (heads) item.append(avatar(author, displayName(author)));
    const body = h('div', { class: 'body' });
    body.append(h('p', { class: heads ? 'byline' : 'visually-hidden' },
      h('b', { class: 'author' }, displayName(author)), ' ',
      h('time', { datetime: row.date.toISOString(), title: fullTimeOf(row.date) }, timeOf(row.date))));
    if (row.deleted) body.append(h('p', { class: 'text tombstone' }, 'This message was deleted.'));
    else body.append(h('p', { class: 'text', 'data-testid': 'text', dir: 'auto' }, row.text));
    if (row.edited && !row.deleted) body.append(h('span', { class: 'small muted' }, 'edited'));
    if (state === 'pending') {
      const words = row.waiting ? 'Not sent yet: kept here and sent as soon as possible' : 'Sending…';
      body.append(h('span', { class: 'small muted' }, words));
    }
    if (state === 'failed') body.append(this.#failed(row));
    item.append(body);
    if (!heads) {
      item.append(h('span', { class: 'gutter', 'aria-hidden': 'true', title: fullTimeOf(row.date) },
        shortTimeOf(row.date)));
    }
    return item;
  }

  #failed({ nonce, problem }) {
    const chat = this.#chat;
    return h('div', { class: 'failure', role: 'alert' },
      h('span', {}, `Not sent: ${problem}`),
      h('button', { type: 'button', class: 'quiet small', onclick: () => chat.retry(nonce) }, 'Try again'),
      h('button', { type: 'button', class: 'quiet small', onclick: () => chat.discard(nonce) }, 'Discard'));
  }
}

const topOf = (element) => element.getBoundingClientRect().top;

/** What the reader looks at: the topmost message that is at least partly in view. */
function firstInView({ scrollTop }) {
  const messages = [...document.querySelectorAll('#messages > .message')];
  return messages.find(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight > scrollTop);
}

/** What is shown, top to bottom: a line for each new day, messages, then those on their way. */
function rowsOf(messages, pending, me, isLive) {
  const rows = [];
  let lastDay = '';
  let last = null;
  const sent = new Set(messages.map(({ author, nonce }) => author.id === me.id && nonce));
  const waiting = pending.filter(({ nonce }) => !sent.has(nonce)).map((item) => ({
    ...item,
    author: me,
    created_at: new Date(item.queued_at).toISOString(),
  }));
  for (const message of [...messages, ...waiting]) {
    const date = new Date(message.created_at);
    const day = dayOf(date);
    if (day !== lastDay) rows.push({ kind: 'day', key: `day ${date.toDateString()}`, stamp: day, text: day });
    const heads = day !== lastDay || last.author.id !== message.author.id ||
      date - new Date(last.created_at) > groupMs;
    const mine = message.author.id === me.id;
    const row = {
      kind: 'message',
      // One's own keeps its place on the page when it turns from pending into sent.
      key: mine && message.nonce ? `nonce ${message.nonce}` : message.id,
      author: message.author,
      date,
      heads,
      mine,
      nonce: message.nonce,
      problem: message.problem,
      seq: message.seq,
      state: message.state,
      waiting: message.state === 'pending' && (Boolean(message.waiting) || !isLive),
      text: message.text ?? '',
      deleted: Boolean(message.deleted_at),
      edited: Boolean(message.edited_at),
    };
    row.stamp = JSON.stringify([heads, row.state, row.waiting, row.problem, row.text, row.deleted,
      row.edited, row.seq]);
    rows.push(row);
    lastDay = day;
    last = message;
  }
  return rows;
}
