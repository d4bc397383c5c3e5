// What waits for this person: unread mentions and direct messages of all rooms.

import { totals } from '../state/unread.js';
import { explain } from '../words.js';
import { $, setText } from './dom.js';
import { badge } from './badge.js';
import { resultItem, walk } from './results.js';
import { shorten } from './timeline-rows.js';

export class InboxView {
  #chat;
  #onJump;
  #oldest = null;

  /** @param onJump called with a message that was chosen */
  constructor({ chat, signal, onJump }) {
    this.#chat = chat;
    this.#onJump = onJump;
    const on = (id, listener) => $(id).addEventListener('click', listener, { signal });
    on('open-inbox', () => this.#open());
    on('inbox-close', () => $('inbox-dialog').close());
    on('inbox-more', () => this.#load(this.#oldest));
    walk($('inbox-results'), null, signal);
  }

  render() {
    const { forMe } = totals(this.#chat.store.rooms.values());
    $('inbox-count').replaceChildren(...(forMe ? [badge(forMe, 'unread', 'for-me')] : []));
  }

  async #open() {
    $('inbox-results').replaceChildren();
    setText($('inbox-note'), 'Loading…');
    $('inbox-more').hidden = true;
    $('inbox-dialog').showModal();
    await this.#load();
  }

  async #load(before) {
    try {
      const { messages, has_more: hasMore } = await this.#chat.inbox(before);
      $('inbox-results').append(...messages.map((message) => this.#item(message)));
      $('inbox-more').hidden = !hasMore;
      this.#oldest = messages.at(-1)?.id ?? before;
      const any = $('inbox-results').children.length > 0;
      setText($('inbox-note'), any ? 'Newest first. What you read leaves this list.' : 'Nothing waits for you.');
    } catch (error) {
      setText($('inbox-note'), explain(error));
    }
  }

  #item(message) {
    const { store } = this.#chat;
    return resultItem(message, {
      room: store.titleOf(store.rooms.get(message.room_id)),
      words: [shorten(message.text ?? '')],
      onChosen: () => {
        $('inbox-dialog').close();
        this.#onJump(message);
      },
    });
  }
}
