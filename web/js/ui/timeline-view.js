// The messages of the open room: what is loaded, what is on its way, and where the reader stands.

import { isModerator } from '../state/ranks.js';
import { $, reconcile, setText } from './dom.js';
import { MessageActions } from './message-actions.js';
import { rowElement } from './message-view.js';
import { rowsOf } from './timeline-rows.js';

const nearTopPx = 300; // older messages are fetched before the reader is at the very top
const nearEndPx = 60; // counts as "at the end", where new messages are followed
const farScreens = 1.5; // so far from the end, there is a way back

export class TimelineView {
  #chat;
  #roomId = null;
  #rows = new Map(); // key → row
  #following = true; // the reader is at the end and stays there
  #opening = true; // where to begin reading is not known yet
  #endTop = 0; // where the end was when it was last shown
  #onSeen;
  #does;
  #actions;
  #error = '';

  /**
   * @param onSeen called when the reader has come to the newest message
   * @param does what to do with messages: see MessageActions and rowElement; and failed(error)
   */
  constructor({ chat, signal, onSeen, does }) {
    this.#chat = chat;
    this.#onSeen = onSeen;
    this.#does = does;
    this.#actions = new MessageActions({
      signal,
      does,
      rowOf: (key) => this.#rows.get(key),
      mayWrite: () => chat.store.mayWrite(chat.store.currentRoom),
      mayDelete: ({ author }) =>
        author.id === chat.store.user.id || isModerator(chat.store.currentRoom?.role),
    });
    $('scroller').addEventListener('scroll', () => this.#scrolled(), { signal, passive: true });
    $('load-older').addEventListener('click', () => this.#load('older'), { signal });
    $('jump').addEventListener('click', () => this.#toNewest(), { signal });
    $('to-unread').addEventListener('click', () => does.jump(idOf(chat.store.currentRoom.line)), { signal });
    chat.addEventListener('status', () => chat.status.state === 'live' && (this.#error = ''), { signal });
    // Smaller or larger: a phone's keyboard, the composer growing. Stay where the reader was.
    const resized = new ResizeObserver(() => this.#following && this.#toEnd());
    resized.observe($('scroller'));
    signal.addEventListener('abort', () => resized.disconnect());
  }

  /** True if what arrives now is before the reader's eyes. */
  get following() {
    return this.#following && !this.#opening;
  }

  render() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    const scroller = $('scroller');
    scroller.hidden = !room;
    if (!room) return this.#clear();
    if (room.id !== this.#roomId) this.#begin(room.id);
    const timeline = store.timeline(room.id);
    if (timeline.hasNewer) this.#following = false;
    else if (this.#following) this.#following = !this.#hasLeftTheEnd();

    const anchor = this.#following ? null : firstInView(scroller);
    const anchorKey = anchor?.dataset.key;
    const anchorTop = anchor && topOf(anchor);
    const rows = this.#rowsOf(room, timeline);
    this.#rows = new Map(rows.map((row) => [row.key, row]));
    reconcile($('messages'), rows, {
      key: (row) => row.key,
      stamp: (row) => row.stamp,
      render: (row) => rowElement(row, this.#does),
    });
    this.#actions.refresh();
    this.#renderTop(timeline);
    this.#askForQuotes(room.id, rows);

    if (this.#opening && timeline.loaded) this.#startReading();
    else if (this.#following) this.#toEnd();
    else if (anchorKey) keepPlace(scroller, anchorKey, anchorTop);
    this.#renderPills();
    if (this.following) this.#onSeen();
  }

  /** Brings a loaded message before the reader's eyes. */
  show(messageId) {
    this.#opening = false;
    this.#following = false;
    this.render();
    const item = [...$('messages').children].find(({ dataset }) => dataset.id === messageId);
    if (!item) return;
    item.scrollIntoView({ block: 'center' });
    item.classList.add('found');
    setTimeout(() => item.classList.remove('found'), 2_500);
    item.focus({ preventScroll: true });
    this.#scrolled();
  }

  /** Whoever writes wants to see it. */
  async toNewest() {
    if (!this.#following) await this.#toNewest();
  }

  #begin(roomId) {
    this.#roomId = roomId;
    this.#following = true;
    this.#opening = true;
    this.#error = '';
    this.#actions.clear();
    $('messages').replaceChildren();
  }

  #clear() {
    this.#roomId = null;
    for (const id of ['jump', 'to-unread']) $(id).hidden = true;
  }

  #rowsOf(room, timeline) {
    const { store } = this.#chat;
    const messages = timeline.loaded ? timeline.messages : [];
    return rowsOf({
      messages,
      unsent: timeline.hasNewer ? [] : this.#chat.unsent(room.id),
      me: store.user,
      isLive: this.#chat.status.state === 'live',
      line: isAbove(room.line, timeline) ? null : room.line,
      users: store.usersByName(room.id),
      quoted: (id) => store.quoted(room.id, id),
    });
  }

  #renderTop(timeline) {
    $('load-older').hidden = !timeline.loaded || !timeline.hasMore;
    $('load-older').disabled = timeline.loading;
    setText($('load-older'), this.#error || (timeline.loading ? 'Loading…' : 'Load older messages'));
    $('beginning').hidden = !timeline.loaded || timeline.hasMore;
  }

  #renderPills() {
    const room = this.#chat.store.currentRoom;
    const timeline = this.#chat.store.timeline(room.id);
    const { scrollTop, scrollHeight, clientHeight } = $('scroller');
    const far = scrollHeight - scrollTop - clientHeight > farScreens * clientHeight;
    $('jump').hidden = this.#following || !(room.unread || far || timeline.hasNewer);
    setText($('jump-words'), room.unread ? `New messages (${room.unread})` : 'Jump to the newest');
    $('to-unread').hidden = !isAbove(room.line, timeline) || !idOf(room.line);
  }

  #askForQuotes(roomId, rows) {
    for (const { quote } of rows) {
      if (quote && quote.text === undefined) this.#chat.history.quote(roomId, quote.id);
    }
  }

  /** At the line where the new messages begin, if it would be out of sight; else at the end. */
  #startReading() {
    this.#opening = false;
    this.#toEnd();
    const line = $('new-line');
    if (!line || topOf(line) >= topOf($('scroller'))) return;
    line.scrollIntoView({ block: 'start' });
    this.#following = this.#isAtEnd();
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
    if (!this.#roomId) return;
    const atEnd = this.#isAtEnd();
    const { hasNewer } = this.#chat.store.timeline(this.#roomId);
    this.#following = atEnd && !hasNewer;
    if (this.following) this.#onSeen();
    this.#renderPills();
    if (this.#error) return;
    if (atEnd && hasNewer) this.#load('newer');
    if ($('scroller').scrollTop < nearTopPx) this.#load('older');
  }

  async #load(which) {
    this.#error = '';
    try {
      await this.#chat.history[which](this.#roomId);
    } catch {
      this.#error = 'That did not work. Try again';
      this.render();
    }
  }

  async #toNewest() {
    const roomId = this.#roomId;
    try {
      await this.#chat.history.newest(roomId);
    } catch (error) {
      this.#does.failed(error);
      return;
    }
    if (roomId !== this.#roomId) return;
    this.#following = true;
    this.#endTop = 0;
    this.render();
    this.#renderPills();
  }

  #toEnd() {
    this.#following = true;
    $('scroller').scrollTop = $('scroller').scrollHeight;
    this.#endTop = $('scroller').scrollTop;
  }
}

const topOf = (element) => element.getBoundingClientRect().top;

/** Whether the new messages begin further up than what is loaded. */
function isAbove(line, { loaded, hasMore, messages }) {
  return line !== null && loaded && hasMore && messages.length > 0 && idOf(line) < messages[0].id;
}

const idOf = (line) => line && (line.from ?? line.after);

/** What the reader looks at: the topmost message that is at least partly in view. */
function firstInView({ scrollTop }) {
  const messages = [...document.querySelectorAll('#messages > .message')];
  return messages.find(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight > scrollTop);
}

/** If older messages came in above, what the reader looks at stays where it is. */
function keepPlace(scroller, key, top) {
  const moved = [...$('messages').children].find(({ dataset }) => dataset.key === key);
  if (moved) scroller.scrollTop += topOf(moved) - top;
}
