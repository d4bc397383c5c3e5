// The page of someone who is signed in: lays out the other views, says which room is open, and what keys do.

import { displayName } from '../state/store.js';
import { totals } from '../state/unread.js';
import { explain } from '../words.js';
import { avatar } from './avatar.js';
import { ComposerView } from './composer-view.js';
import { confirm } from './confirm.js';
import { ConnectionView } from './connection-view.js';
import { DirectView } from './direct-view.js';
import { $, h, setText } from './dom.js';
import { EmojiPicker } from './emoji-picker.js';
import { InboxView } from './inbox-view.js';
import { PageTitle } from './page-title.js';
import { PeopleView } from './people-view.js';
import { RoomDialog } from './room-dialog.js';
import { RoomsView } from './rooms-view.js';
import { SearchView } from './search-view.js';
import { Speaker } from './speaker.js';
import { shorten } from './timeline-rows.js';
import { TimelineView } from './timeline-view.js';
import { hideToast, toast } from './toast.js';
import { followViewport } from './viewport.js';

const lists = ['messages', 'my-rooms', 'direct-rooms', 'public-rooms', 'people-list', 'search-results', 'inbox-results', 'direct-people', 'member-menu'];

export class ChatView {
  #chat;
  #views;
  #picker;
  #title = new PageTitle();
  #speaker = new Speaker($('announce-messages'));
  #leaving = new AbortController(); // ends all listeners when the person signs out

  constructor({ chat, onSignOut }) {
    this.#chat = chat;
    const { signal } = this.#leaving;
    const onOpen = (roomId) => this.#choose(roomId);
    const onJump = (message) => this.#choose(message.room_id, message.id);
    const picker = new EmojiPicker({ signal });
    this.#picker = picker;
    this.#views = {
      rooms: new RoomsView({ chat, signal, onOpen }),
      roomDialog: new RoomDialog({ chat, signal, onOpen }),
      direct: new DirectView({ chat, signal, onOpen }),
      timeline: new TimelineView({ chat, signal, onSeen: () => this.#seen(), does: this.#messageActions() }),
      composer: new ComposerView({ chat, signal, picker, onWrite: () => this.#views.timeline.toNewest() }),
      people: new PeopleView({ chat, signal, onLeave: () => this.#leaveRoom(), onWrite: (user) => this.#write(user) }),
      connection: new ConnectionView({ chat, signal }),
      search: new SearchView({ chat, signal, onJump }),
      inbox: new InboxView({ chat, signal, onJump }),
    };
    chat.store.addEventListener('change', ({ detail }) => this.#render(detail), { signal });
    chat.addEventListener('gone', ({ detail }) => this.#gone(detail), { signal });
    chat.addEventListener('message', ({ detail }) => this.#speak(detail), { signal });
    $('sign-out').addEventListener('click', onSignOut, { signal });
    $('back').addEventListener('click', () => this.#showRooms(), { signal });
    $('toast-close').addEventListener('click', hideToast, { signal });
    globalThis.addEventListener('hashchange', () => this.#openFromHash(), { signal });
    globalThis.addEventListener('focus', () => this.#seen(), { signal });
    document.addEventListener('visibilitychange', () => this.#visible(), { signal });
    document.addEventListener('keydown', (event) => this.#key(event), { signal });
    followViewport(signal);
  }

  async show() {
    const { user } = this.#chat.store;
    const name = displayName(user);
    $('me').replaceChildren(avatar(user, name), h('span', { class: 'name', dir: 'auto', title: user.name }, name));
    $('chat').hidden = false;
    this.#render(new Set(['rooms', 'timeline', 'people', 'typing']));
    this.#views.connection.render();
    this.#quietly(this.#chat.rooms.refreshPublic());
    this.#openFromHash();
  }

  hide() {
    this.#leaving.abort();
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    for (const popover of document.querySelectorAll(':popover-open')) popover.hidePopover();
    $('chat').hidden = true;
    for (const id of ['composer-text', 'search-words']) $(id).value = '';
    for (const id of lists) $(id).replaceChildren(); // they would call what is over
    hideToast();
    this.#speaker.stop();
    history.replaceState(null, '', location.pathname);
    this.#title.reset();
  }

  /** Whether what arrives in this room is seen as it comes. */
  isSeen(roomId) {
    return roomId === this.#chat.store.currentRoomId && document.visibilityState === 'visible' &&
      this.#views.timeline.following;
  }

  /** Whether the person has left the end of this room to read what was said before. */
  isReadBack(roomId) {
    return roomId === this.#chat.store.currentRoomId && !this.#views.timeline.following;
  }

  #render(topics) {
    const { store } = this.#chat;
    if (topics.has('rooms')) {
      if (store.currentRoomId && !store.currentRoom) this.#showRooms(); // gone from it
      this.#views.inbox.render();
    }
    if (topics.has('rooms') || topics.has('timeline')) this.#views.composer.render();
    if (topics.has('rooms') || topics.has('people')) {
      this.#views.rooms.render();
      this.#views.people.render();
      this.#head();
    }
    if (topics.has('timeline')) this.#views.timeline.render();
    if (topics.has('typing')) this.#views.people.renderTyping();
  }

  #head() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    const title = store.titleOf(room);
    setText($('room-name'), title);
    setText($('room-topic'), room?.topic || this.#views.people.wordsOfPeer());
    $('empty-room').hidden = Boolean(room);
    this.#title.show(title, totals(store.rooms.values()));
  }

  // ---- which room, which message

  #choose(roomId, messageId) {
    const hash = messageId ? `${roomId}/${messageId}` : roomId;
    if (location.hash === `#${hash}`) this.#openFromHash();
    else location.hash = hash;
  }

  /** The address names the open room, and perhaps a message, so that reload and the back button do what one expects. */
  async #openFromHash() {
    const { store } = this.#chat;
    const [asked, messageId] = location.hash.slice(1).split('/');
    const roomId = store.rooms.has(asked) ? asked : null;
    $('chat').dataset.show = roomId ? 'room' : 'rooms';
    const opening = this.#chat.openRoom(roomId);
    if (!roomId) return;
    this.#render(new Set(['rooms', 'timeline']));
    // On a phone the keyboard should not spring up over the messages.
    if (matchMedia('(pointer: coarse)').matches) $('room-name').focus();
    else this.#views.composer.focus();
    await this.#quietly(opening);
    if (messageId) await this.#jump(roomId, messageId);
  }

  async #jump(roomId, messageId) {
    const there = await this.#loud(this.#chat.history.find(roomId, messageId));
    if (roomId !== this.#chat.store.currentRoomId) return;
    if (there) this.#views.timeline.show(messageId);
    else if (there === false) toast('That message is not there any more.');
  }

  #showRooms() {
    location.hash = '';
  }

  async #leaveRoom() {
    const room = this.#chat.store.currentRoom;
    if (!room) return;
    const text = 'It is a private room: only somebody who is in it can add you again.';
    const sure = room.visibility === 'public' || (await confirm({ title: `Leave ${room.name}?`, text, yes: 'Leave' }));
    if (sure) await this.#loud(this.#chat.rooms.leave(room.id));
  }

  #gone({ room, why }) {
    const name = this.#chat.store.titleOf(room);
    toast(why === 'removed' ? `You were removed from ${name}.` : `${name} was deleted.`);
    this.#quietly(this.#chat.rooms.refreshPublic());
  }

  #write(user) {
    return this.#loud(this.#views.direct.write(user));
  }

  // ---- messages

  #messageActions() {
    const chat = this.#chat;
    return {
      retry: (nonce) => chat.retry(nonce),
      discard: (nonce) => chat.discard(nonce),
      jump: (messageId) => this.#jump(chat.store.currentRoomId, messageId),
      react: (message, how, on) => this.#react(message, how, on),
      reply: (message) => this.#views.composer.reply(message),
      edit: (message) => this.#views.composer.edit(message),
      remove: (message) => this.#remove(message),
      back: () => this.#views.composer.focus(),
      failed: (error) => toast(explain(error)),
    };
  }

  /** With an emoji at once, beside an element after one was chosen. */
  #react(message, how, on = true) {
    const react = (emoji) => this.#loud(this.#chat.react(message, emoji, on));
    return typeof how === 'string' ? react(how) : this.#picker.open(how, react);
  }

  async #remove(message) {
    const text = 'It is taken away for everybody. That cannot be undone.';
    const wanted = await confirm({ title: 'Delete this message?', text, quote: shorten(message.text ?? ''), yes: 'Delete' });
    if (!wanted) return;
    await this.#loud(this.#chat.delete(message));
    this.#views.composer.deleted(message);
  }

  #speak(message) {
    if (message.room_id !== this.#chat.store.currentRoomId || message.deleted_at) return;
    this.#speaker.say(`${displayName(message.author)}: ${message.text}`);
  }

  // ---- the person

  #key(event) {
    const isField = event.target.closest?.('input, textarea, select');
    const isSearch = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k';
    if (!isSearch && (event.key !== '/' || isField)) return;
    event.preventDefault();
    this.#views.search.open();
  }

  #visible() {
    if (document.visibilityState !== 'visible') return this.#chat.reading.tellAll();
    this.#seen();
    this.#quietly(this.#chat.rooms.refreshPublic());
  }

  #seen() {
    const { currentRoomId } = this.#chat.store;
    if (currentRoomId && this.isSeen(currentRoomId)) this.#chat.reading.seen(currentRoomId);
  }

  /** For what the person asked for: says what did not work. Undefined then. */
  async #loud(promise) {
    try {
      return await promise;
    } catch (error) {
      toast(explain(error));
      return undefined;
    }
  }

  /** For what the page does by itself: the connection's own words say when the server is away. */
  async #quietly(promise) {
    try {
      await promise;
    } catch (error) {
      console.warn(String(error));
    }
  }
}
