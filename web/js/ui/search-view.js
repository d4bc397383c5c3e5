// Search over all of one's rooms, while one types; what is found leads into the history.

import { explain } from '../words.js';
import { $, setText } from './dom.js';
import { plural } from './format.js';
import { resultItem, walk } from './results.js';
import { markedNodes } from './rich-text.js';

const pauseMs = 250; // in typing

export class SearchView {
  #chat;
  #onJump;
  #timer = null;
  #asking = null; // an AbortController

  /** @param onJump called with a message that was chosen */
  constructor({ chat, signal, onJump }) {
    this.#chat = chat;
    this.#onJump = onJump;
    const on = (id, type, listener) => $(id).addEventListener(type, listener, { signal });
    on('open-search', 'click', () => this.open());
    on('search-close', 'click', () => $('search-dialog').close());
    on('search-dialog', 'close', () => this.#stop());
    on('search-words', 'input', () => this.#soon());
    on('search-here', 'change', () => this.#search());
    on('search-form', 'submit', (event) => {
      event.preventDefault();
      this.#search();
    });
    walk($('search-results'), $('search-words'), signal);
  }

  open() {
    if (document.querySelector('dialog[open]')) return;
    const here = Boolean(this.#chat.store.currentRoom);
    $('search-here').disabled = !here;
    if (!here) $('search-here').checked = false;
    $('search-dialog').showModal();
    $('search-words').select();
    if ($('search-words').value) this.#search();
    else this.#tell('In all of your rooms, as you type.', []);
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), pauseMs);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = null;
  }

  async #search() {
    this.#stop();
    const words = $('search-words').value.trim();
    if (!words) return this.#tell('In all of your rooms, as you type.', []);
    const asking = new AbortController();
    this.#asking = asking;
    const roomId = $('search-here').checked ? this.#chat.store.currentRoomId : undefined;
    try {
      const { messages, complete } = await this.#chat.search(words, roomId, asking.signal);
      if (this.#asking !== asking) return;
      const found = messages.length ? `${plural(messages.length, 'message')} found.` : 'Nothing found.';
      this.#tell(complete ? found : `${found} Older messages are not in the index yet: try again later.`, messages);
    } catch (error) {
      if (this.#asking === asking) this.#tell(explain(error), []);
    }
  }

  #tell(words, messages) {
    const { store } = this.#chat;
    setText($('search-note'), words);
    $('search-results').replaceChildren(...messages.map((message) =>
      resultItem(message, {
        room: store.titleOf(store.rooms.get(message.room_id)),
        words: markedNodes(message.snippet, message.snippet_marks),
        onChosen: () => {
          $('search-dialog').close();
          this.#onJump(message);
        },
      })));
  }
}
