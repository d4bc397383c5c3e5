// The box to write in. Enter sends; what is written is kept per room until it is sent.

import { $ } from './dom.js';

export class ComposerView {
  #chat;
  #roomId = null;
  #drafts = new Map();

  constructor({ chat, signal }) {
    this.#chat = chat;
    const text = $('composer-text');
    text.addEventListener('input', () => this.#written(), { signal });
    text.addEventListener('keydown', (event) => {
      // isComposing: Enter that chooses a word in an input method is not the end of the message.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    }, { signal });
    $('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
      text.focus();
    }, { signal });
  }

  render() {
    const room = this.#chat.store.currentRoom;
    $('composer').hidden = !room || room.role === 'reader';
    if (!room || room.id === this.#roomId) return;
    if (this.#roomId) this.#drafts.set(this.#roomId, $('composer-text').value);
    this.#roomId = room.id;
    $('composer-text').value = this.#drafts.get(room.id) ?? '';
    $('composer-text').placeholder = `Message ${room.name}`;
    this.#grow();
  }

  #written() {
    this.#grow();
    if ($('composer-text').value.trim()) this.#chat.typed(this.#roomId);
  }

  #send() {
    const text = $('composer-text').value.trim();
    if (!text || !this.#roomId) return;
    this.#chat.send(this.#roomId, text);
    $('composer-text').value = '';
    this.#grow();
  }

  /** As tall as what is written, up to the maximum that style.css sets. */
  #grow() {
    const text = $('composer-text');
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight}px`;
  }
}
