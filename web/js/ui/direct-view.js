// Finding somebody to write to.

import { displayName } from '../state/store.js';
import { explain } from '../words.js';
import { avatar } from './avatar.js';
import { $, h, setText } from './dom.js';
import { walk } from './results.js';

const pauseMs = 200; // in typing

export class DirectView {
  #chat;
  #onOpen;
  #timer = null;
  #asked = 0;

  /** @param onOpen called with the id of the direct room */
  constructor({ chat, signal, onOpen }) {
    this.#chat = chat;
    this.#onOpen = onOpen;
    const on = (id, type, listener) => $(id).addEventListener(type, listener, { signal });
    on('new-direct', 'click', () => this.#open());
    on('direct-close', 'click', () => $('direct-dialog').close());
    on('direct-name', 'input', () => this.#soon());
    on('direct-name', 'keydown', (event) => {
      if (event.key === 'Enter') $('direct-people').querySelector('button')?.click();
    });
    walk($('direct-people'), $('direct-name'), signal);
  }

  /** Opens the direct room with somebody. Throws ProblemError or NetworkError. */
  async write(user) {
    const room = await this.#chat.rooms.direct(user);
    this.#onOpen(room.id);
  }

  #open() {
    $('direct-name').value = '';
    $('direct-dialog').showModal();
    $('direct-name').focus();
    this.#find();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#find(), pauseMs);
  }

  async #find() {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const people = await this.#chat.rooms.findPeople($('direct-name').value.trim());
      if (asked === this.#asked) this.#show(people);
    } catch (error) {
      if (asked === this.#asked) setText($('direct-note'), explain(error));
    }
  }

  #show(people) {
    setText($('direct-note'), people.length ? '' : 'Nobody whose name begins so.');
    $('direct-people').replaceChildren(...people.map((user) =>
      h('li', {},
        h('button', { type: 'button', class: 'result', onclick: () => this.#choose(user) },
          avatar(user, displayName(user)),
          h('span', { class: 'name', dir: 'auto' }, displayName(user)), ' ',
          h('span', { class: 'muted small' }, `@${user.name}`)))));
  }

  async #choose(user) {
    try {
      await this.write(user);
      $('direct-dialog').close();
    } catch (error) {
      setText($('direct-note'), explain(error));
    }
  }
}
