// The list of rooms: one's own, and public ones to join; and the dialog that makes one.

import { $, h, reconcile, setNote } from './dom.js';

export class RoomsView {
  #chat;
  #store;
  #onOpen;

  /** @param onOpen called with the id of a room that was chosen */
  constructor({ chat, signal, onOpen }) {
    this.#chat = chat;
    this.#store = chat.store;
    this.#onOpen = onOpen;
    const on = (id, type, listener) => $(id).addEventListener(type, listener, { signal });
    on('refresh-rooms', 'click', () => this.#try(() => chat.refreshPublicRooms()));
    on('new-room', 'click', () => this.#openDialog());
    on('room-form-cancel', 'click', () => $('room-dialog').close());
    on('room-form', 'submit', (event) => {
      event.preventDefault();
      this.#create();
    });
  }

  render() {
    const store = this.#store;
    const mine = [...store.rooms.values()].sort((a, b) => a.name.localeCompare(b.name));
    reconcile($('my-rooms'), mine, {
      key: (room) => room.id,
      stamp: (room) =>
        JSON.stringify([room.name, room.unread, room.visibility, room.id === store.currentRoomId]),
      render: (room) => this.#mine(room),
    });
    reconcile($('public-rooms'), store.publicRooms, {
      key: (room) => room.id,
      stamp: (room) => JSON.stringify([room.name, room.topic]),
      render: (room) => this.#public(room),
    });
    $('my-rooms-empty').hidden = mine.length > 0;
    $('public-rooms-empty').hidden = store.publicRooms.length > 0;
  }

  #mine(room) {
    const current = room.id === this.#store.currentRoomId;
    const unread = room.unread > 99 ? '99+' : String(room.unread);
    return h('li', { class: room.unread ? 'unread' : undefined },
      h('button', {
        type: 'button',
        class: 'room-button',
        'aria-current': current ? 'page' : undefined,
        onclick: () => this.#onOpen(room.id),
      },
      h('span', { class: 'sign', 'aria-hidden': 'true' }, room.visibility === 'private' ? '◆' : '#'),
      h('span', { class: 'name' }, room.name || 'Direct messages'),
      room.visibility === 'private' ? h('span', { class: 'visually-hidden' }, ' (private)') : null,
      room.unread ? h('span', { class: 'badge' }, unread,
        h('span', { class: 'visually-hidden' }, ' unread')) : null));
  }

  #public(room) {
    return h('li', {},
      h('div', { class: 'room-offer' },
        h('span', { class: 'sign', 'aria-hidden': 'true' }, '#'),
        h('span', { class: 'name', title: room.topic || undefined }, room.name),
        h('button', {
          type: 'button',
          class: 'quiet small',
          'aria-label': `Join ${room.name}`,
          onclick: () => this.#join(room.id),
        }, 'Join')));
  }

  #join(roomId) {
    return this.#try(async () => {
      await this.#chat.joinRoom(roomId);
      this.#onOpen(roomId);
    });
  }

  #openDialog() {
    $('room-form').reset();
    this.#showErrors(null, {});
    $('room-dialog').showModal();
    $('room-form-name').focus();
  }

  async #create() {
    const form = new FormData($('room-form'));
    const name = form.get('name').trim();
    if (!name) {
      this.#showErrors(null, { name: 'A room needs a name.' });
      return;
    }
    try {
      const topic = form.get('topic').trim();
      const room = await this.#chat.createRoom(name, form.get('visibility'), topic);
      $('room-dialog').close();
      this.#onOpen(room.id);
    } catch (error) {
      this.#showErrors(error.message, error.fields ?? {});
    }
  }

  #showErrors(message, { name, topic }) {
    setNote($('room-form-name-error'), name);
    setNote($('room-form-topic-error'), topic);
    setNote($('room-form-error'), name || topic ? '' : message);
    if (name) $('room-form-name').focus();
  }

  async #try(action) {
    try {
      setNote($('rooms-error'), '');
      await action();
    } catch (error) {
      setNote($('rooms-error'), error.message);
    }
  }
}
