// The box to write in: new messages, answers, changes. Enter sends; what is written is kept per room until it is sent.

import { Compositions, lastOwn } from '../state/composition.js';
import { explain } from '../words.js';
import { $, setNote, setText } from './dom.js';
import { spanOf, timeOf, untilOf } from './format.js';
import { MentionList } from './mention-list.js';
import { shorten } from './timeline-rows.js';

const charsMax = 4_000; // as the server counts: characters, not UTF-16 units
const countFrom = 3_800;
const countdownMs = 60_000; // so long before a message goes its seconds are counted

export class ComposerView {
  #chat;
  #onWrite;
  #roomId = null;
  #compositions = new Compositions();
  #mentions;
  #saving = false;
  #ticking = null;

  /** @param onWrite called before a new message goes */
  constructor({ chat, signal, picker, onWrite }) {
    this.#chat = chat;
    this.#onWrite = onWrite;
    this.#mentions = new MentionList({ signal, users: () => this.#mentionable(), onChosen: () => this.#written() });
    const on = (id, type, listener) => $(id).addEventListener(type, listener, { signal });
    on('composer-text', 'input', () => this.#written());
    on('composer-text', 'keydown', (event) => this.#key(event));
    on('composing-cancel', 'click', () => this.#cancel());
    on('composer-emoji', 'click', () => picker.open($('composer-emoji'), (emoji) => this.#insert(emoji)));
    on('composer', 'submit', (event) => {
      event.preventDefault();
      this.#send();
      $('composer-text').focus();
    });
    signal.addEventListener('abort', () => clearTimeout(this.#ticking));
  }

  render() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    $('composer').hidden = !room || room.role === 'reader';
    if (!room) return;
    $('composer-text').placeholder = `Message ${store.titleOf(room)}`;
    this.#renderMute(store.mutedUntil(room));
    this.#renderSlowMode(room);
    if (room.id === this.#roomId) return;
    this.#roomId = room.id;
    this.#show();
  }

  /** To write, or, while that cannot be, to what says why. */
  focus() {
    $($('composer-writing').hidden ? 'composer-muted' : 'composer-text').focus();
  }

  /** Instead of the box; what is written in it stays. */
  #renderMute(until) {
    const writing = $('composer-writing');
    const had = writing.contains(document.activeElement);
    setNote($('composer-muted'), until && `You are muted until ${untilOf(until)}.`);
    if (writing.hidden === Boolean(until)) return;
    writing.hidden = Boolean(until);
    if (had) this.focus();
    if (!until) this.#measure(); // it had no height
  }

  /** How often one may write here; and when it goes, if something of this person waits for that. */
  #renderSlowMode(room) {
    clearTimeout(this.#ticking);
    const seconds = this.#chat.store.slowMode(room);
    const now = Date.now();
    const isLive = this.#chat.status.state === 'live';
    const goesAt = seconds && isLive ? this.#chat.unsent(room.id).find(({ retry_at: at }) => at > now)?.retry_at : undefined;
    const left = goesAt - now;
    const goes = left > countdownMs ? `at ${timeOf(new Date(goesAt))}` : `in ${spanOf(Math.ceil(left / 1000))}`;
    $('composer-pace').hidden = !seconds;
    setText($('composer-slow'), `Slow mode: one message each ${spanOf(seconds)}`);
    setText($('composer-goes'), goesAt ? `. Yours goes ${goes}` : '');
    if (goesAt) this.#ticking = setTimeout(() => this.render(), left > countdownMs ? left - countdownMs : left % 1000 || 1000);
  }

  /** The next message answers this one. */
  reply(message) {
    this.#compositions.reply(this.#roomId, message);
    this.#show();
    $('composer-text').focus();
  }

  /** Changes one's own message. */
  edit(message) {
    this.#compositions.edit(this.#roomId, message);
    this.#show();
    $('composer-text').focus();
  }

  /** It is gone: it is not changed or answered any more. */
  deleted(message) {
    this.#compositions.deleted(message.room_id, message.id);
    this.#show();
  }

  #mentionable() {
    const { store } = this.#chat;
    return [...store.usersByName(this.#roomId).values()].filter(({ id }) => id !== store.user.id);
  }

  #show() {
    const { text, editing, replyTo } = this.#compositions.of(this.#roomId);
    const other = editing ?? replyTo;
    if ($('composer-text').value !== text) $('composer-text').value = text;
    $('composing').hidden = !other;
    setText($('composing-what'), editing ? 'Changing your message' : 'Answering');
    setText($('composing-quote'), other ? shorten(other.text ?? '') : '');
    setText($('send'), editing ? 'Save' : 'Send');
    this.#fail('');
    this.#mentions.close();
    this.#measure();
  }

  #written() {
    const { value } = $('composer-text');
    this.#compositions.write(this.#roomId, value);
    this.#measure();
    this.#mentions.update();
    if (value.trim() && !this.#compositions.of(this.#roomId).editing) this.#chat.typed(this.#roomId);
  }

  #key(event) {
    // isComposing: Enter that chooses a word in an input method is not the end of the message.
    if (event.isComposing || this.#mentions.key(event)) return;
    const { value } = $('composer-text');
    if (event.key === 'Enter' && !event.shiftKey) this.#send();
    else if (event.key === 'Escape' && this.#cancel()) event.stopPropagation();
    else if (event.key === 'ArrowUp' && value === '') this.#editLast();
    else return;
    event.preventDefault();
  }

  #editLast() {
    const { store } = this.#chat;
    const message = lastOwn(store.timeline(this.#roomId).messages, store.user.id);
    if (message) this.edit(message);
  }

  #cancel() {
    const had = this.#compositions.cancel(this.#roomId);
    if (had) this.#show();
    $('composer-text').focus();
    return had;
  }

  #send() {
    const roomId = this.#roomId;
    const { text, editing } = this.#compositions.of(roomId);
    if (!roomId || !text.trim() || this.#saving) return;
    const over = [...text.trim()].length - charsMax;
    if (over > 0) this.#fail(`This is ${over} characters too long. Send it in parts.`);
    else if (editing) this.#save(roomId, editing, text.trim());
    else this.#sendNew(roomId);
  }

  async #sendNew(roomId) {
    const { text, replyTo } = this.#compositions.take(roomId);
    this.#show();
    this.#onWrite();
    try {
      await this.#chat.send(roomId, text, replyTo?.id);
    } catch {
      this.#compositions.write(roomId, text);
      this.#show();
      this.#fail('Too many messages wait to be sent. Discard some, or send this one when you are connected again.');
    }
  }

  async #save(roomId, message, text) {
    if (text !== message.text) {
      this.#saving = true;
      try {
        await this.#chat.edit(message, text);
      } catch (error) {
        this.#fail(`Not saved. ${explain(error)}`);
        return;
      } finally {
        this.#saving = false;
      }
    }
    this.#compositions.cancel(roomId);
    this.#show();
  }

  #insert(emoji) {
    const text = $('composer-text');
    text.focus();
    text.setRangeText(emoji, text.selectionStart, text.selectionEnd, 'end');
    this.#written();
  }

  #fail(words) {
    setNote($('composer-error'), words);
  }

  /** As tall as what is written, up to the maximum that the style sets; and how much more there may be. */
  #measure() {
    const text = $('composer-text');
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight}px`;
    const left = charsMax - (text.value.length > countFrom ? [...text.value.trim()].length : 0);
    $('composer-left').classList.toggle('over', left < 0);
    setNote($('composer-left'), left > charsMax - countFrom ? '' : left < 0 ? `${-left} too many` : `${left} left`);
  }
}
