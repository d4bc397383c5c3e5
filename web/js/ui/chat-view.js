// The page of someone who is signed in: lays out the other views and says which room is open.

import { displayName } from '../store.js';
import { avatar } from './avatar.js';
import { ComposerView } from './composer-view.js';
import { ConnectionView } from './connection-view.js';
import { $, h, setText } from './dom.js';
import { PeopleView } from './people-view.js';
import { RoomsView } from './rooms-view.js';
import { TimelineView } from './timeline-view.js';

export class ChatView {
  #chat;
  #views;
  #leaving = new AbortController(); // ends all listeners when the person signs out

  constructor({ chat, onSignOut }) {
    this.#chat = chat;
    const { signal } = this.#leaving;
    this.#views = {
      rooms: new RoomsView({ chat, signal, onOpen: (roomId) => this.#choose(roomId) }),
      timeline: new TimelineView({ chat, signal, onSeen: () => this.#seen() }),
      composer: new ComposerView({ chat, signal }),
      people: new PeopleView({ chat, signal, onLeave: () => this.#leaveRoom() }),
      connection: new ConnectionView({ chat, signal }),
    };
    chat.store.addEventListener('change', ({ detail }) => this.#render(detail), { signal });
    $('sign-out').addEventListener('click', onSignOut, { signal });
    $('back').addEventListener('click', () => this.#showRooms(), { signal });
    globalThis.addEventListener('hashchange', () => this.#openFromHash(), { signal });
    globalThis.addEventListener('focus', () => this.#seen(), { signal });
    document.addEventListener('visibilitychange', () => this.#visible(), { signal });
  }

  async show() {
    const { user } = this.#chat.store;
    const name = displayName(user);
    $('me').replaceChildren(avatar(user, name), h('span', { class: 'name', title: user.name }, name));
    $('chat').hidden = false;
    this.#render(new Set(['rooms', 'timeline', 'people', 'typing']));
    this.#views.connection.render();
    this.#quietly(this.#chat.refreshPublicRooms());
    this.#openFromHash();
  }

  hide() {
    this.#leaving.abort();
    $('chat').hidden = true;
    $('messages').replaceChildren();
    $('composer-text').value = '';
    $('announce-messages').replaceChildren();
    history.replaceState(null, '', location.pathname);
    document.title = 'Fairlead';
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
      this.#views.rooms.render();
      this.#head();
    }
    if (topics.has('rooms') || topics.has('people')) this.#views.people.render();
    if (topics.has('rooms')) this.#views.composer.render();
    if (topics.has('timeline')) this.#views.timeline.render();
    if (topics.has('typing')) this.#views.people.renderTyping();
  }

  #head() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    setText($('room-name'), room?.name ?? '');
    setText($('room-topic'), room?.topic ?? '');
    $('empty-room').hidden = Boolean(room);
    const unread = [...store.rooms.values()].reduce((sum, { unread: count }) => sum + count, 0);
    const title = room ? `${room.name} · Fairlead` : 'Fairlead';
    document.title = unread ? `(${unread}) ${title}` : title;
  }

  #choose(roomId) {
    if (location.hash === `#${roomId}`) this.#openFromHash();
    else location.hash = roomId;
  }

  /** The address names the open room, so that reload and the back button do what one expects. */
  async #openFromHash() {
    const { store } = this.#chat;
    const asked = location.hash.slice(1);
    const roomId = store.rooms.has(asked) ? asked : null;
    $('chat').dataset.show = roomId ? 'room' : 'rooms';
    const opening = this.#chat.openRoom(roomId);
    if (!roomId) return;
    this.#render(new Set(['rooms', 'timeline']));
    // On a phone the keyboard should not spring up over the messages.
    if (matchMedia('(pointer: coarse)').matches) $('room-name').focus();
    else $('composer-text').focus();
    await this.#quietly(opening);
  }

  #showRooms() {
    location.hash = '';
  }

  async #leaveRoom() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    if (room) await this.#quietly(this.#chat.leaveRoom(room.id));
  }

  #visible() {
    if (document.visibilityState !== 'visible') return;
    this.#seen();
    this.#quietly(this.#chat.refreshPublicRooms());
  }

  #seen() {
    const { currentRoomId } = this.#chat.store;
    if (currentRoomId && this.isSeen(currentRoomId)) this.#chat.markRead(currentRoomId);
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
