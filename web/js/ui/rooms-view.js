// The lists of rooms: one's own, direct ones, and public ones to join.

import { explain } from '../words.js';
import { badge } from './badge.js';
import { $, h, reconcile, setNote } from './dom.js';

const statusWords = { online: ' (here)', away: ' (away)', offline: ' (not here)' };

export class RoomsView {
  #chat;
  #store;
  #onOpen;

  /** @param onOpen called with the id of a room that was chosen */
  constructor({ chat, signal, onOpen }) {
    this.#chat = chat;
    this.#store = chat.store;
    this.#onOpen = onOpen;
    $('refresh-rooms').addEventListener('click', () => this.#try(() => chat.rooms.refreshPublic()), { signal });
  }

  render() {
    const store = this.#store;
    const all = [...store.rooms.values()];
    const rooms = all.filter(({ kind }) => kind !== 'direct').sort((a, b) => a.name.localeCompare(b.name));
    const direct = all.filter(({ kind }) => kind === 'direct').sort((a, b) => lastTime(b).localeCompare(lastTime(a)));
    this.#list('my-rooms', rooms);
    this.#list('direct-rooms', direct);
    reconcile($('public-rooms'), store.publicRooms, {
      key: (room) => room.id,
      stamp: (room) => JSON.stringify([room.name, room.topic]),
      render: (room) => this.#public(room),
    });
    $('my-rooms-empty').hidden = rooms.length > 0;
    $('direct-rooms-empty').hidden = direct.length > 0;
    $('public-rooms-empty').hidden = store.publicRooms.length > 0;
  }

  #list(id, rooms) {
    const store = this.#store;
    reconcile($(id), rooms, {
      key: (room) => room.id,
      stamp: (room) => JSON.stringify([store.titleOf(room), room.unread, room.mentions, room.visibility,
        room.id === store.currentRoomId, this.#peerStatus(room)]),
      render: (room) => this.#mine(room),
    });
  }

  #peerStatus(room) {
    return this.#store.presence.get(room.peer?.id)?.status ?? 'unknown';
  }

  #mine(room) {
    const current = room.id === this.#store.currentRoomId;
    const isDirect = room.kind === 'direct';
    return h('li', { class: room.unread ? 'unread' : undefined },
      h('button', {
        type: 'button',
        class: 'room-button',
        'aria-current': current ? 'page' : undefined,
        onclick: () => this.#onOpen(room.id),
      },
      isDirect
        ? h('span', { class: `sign ${this.#peerStatus(room)}`, 'aria-hidden': 'true' }, h('span', { class: 'dot' }))
        : h('span', { class: 'sign', 'aria-hidden': 'true' }, room.visibility === 'private' ? '◆' : '#'),
      h('span', { class: 'name', dir: 'auto' }, this.#store.titleOf(room)),
      hidden(isDirect ? statusWords[this.#peerStatus(room)] : room.visibility === 'private' ? ' (private)' : ''),
      room.mentions && !isDirect ? badge(room.mentions, room.mentions > 1 ? 'mentions of you' : 'mention of you', 'for-me at') : null,
      room.unread ? badge(room.unread, 'unread', isDirect ? 'for-me' : '') : null));
  }

  #public(room) {
    return h('li', {},
      h('div', { class: 'room-offer' },
        h('span', { class: 'sign', 'aria-hidden': 'true' }, '#'),
        h('span', { class: 'name', dir: 'auto', title: room.topic || undefined }, room.name),
        h('button', {
          type: 'button',
          class: 'quiet small',
          'aria-label': `Join ${room.name}`,
          onclick: () => this.#join(room.id),
        }, 'Join')));
  }

  #join(roomId) {
    return this.#try(async () => {
      await this.#chat.rooms.join(roomId);
      this.#onOpen(roomId);
    });
  }

  async #try(action) {
    try {
      setNote($('rooms-error'), '');
      await action();
    } catch (error) {
      setNote($('rooms-error'), explain(error));
    }
  }
}

const lastTime = ({ last_message: last, created_at: created }) => last?.created_at ?? created;

const hidden = (words) => (words ? h('span', { class: 'visually-hidden' }, words) : null);
