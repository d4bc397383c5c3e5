// The people that `@na` in the message box may mean: arrows choose, Enter or Tab takes, Escape closes.

import { candidates, complete, mentionAt } from '../state/completion.js';
import { displayName } from '../state/store.js';
import { avatar } from './avatar.js';
import { $, h } from './dom.js';

export class MentionList {
  #users;
  #onChosen;
  #found = [];
  #chosen = 0;

  /** @param users () => whom one can mention here  @param onChosen called when a name was put in */
  constructor({ signal, users, onChosen }) {
    this.#users = users;
    this.#onChosen = onChosen;
    $('composer-text').addEventListener('blur', () => this.close(), { signal });
    // Before the box loses the focus.
    $('mention-list').addEventListener('pointerdown', (event) => {
      event.preventDefault();
      const item = event.target.closest('[role="option"]');
      if (item) this.#take([...item.parentNode.children].indexOf(item));
    }, { signal });
  }

  /** What is written, or where the caret stands, has changed. */
  update() {
    const { value, selectionStart: caret } = $('composer-text');
    const mention = mentionAt(value, caret);
    this.#found = mention ? candidates(this.#users(), mention.query) : [];
    this.#chosen = 0;
    this.#render();
  }

  close() {
    this.#found = [];
    this.#render();
  }

  /** True if the key was meant for the list. */
  key(event) {
    if (this.#found.length === 0) return false;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      this.#chosen = (this.#chosen + move + this.#found.length) % this.#found.length;
      this.#render();
    } else if (event.key === 'Escape') this.close();
    else if (event.key === 'Enter' || event.key === 'Tab') this.#take(this.#chosen);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #take(index) {
    const box = $('composer-text');
    const mention = mentionAt(box.value, box.selectionStart);
    const { text, caret } = complete(box.value, mention.start, box.selectionStart, this.#found[index].name);
    box.value = text;
    box.setSelectionRange(caret, caret);
    this.close();
    this.#onChosen();
  }

  #render() {
    const list = $('mention-list');
    list.hidden = this.#found.length === 0;
    list.replaceChildren(...this.#found.map((user, index) =>
      h('li', { role: 'option', id: `mention-${index}`, 'aria-selected': String(index === this.#chosen) },
        avatar(user, displayName(user)),
        h('span', { class: 'name', dir: 'auto' }, displayName(user)), ' ',
        h('span', { class: 'muted small' }, `@${user.name}`))));
    const box = $('composer-text');
    if (list.hidden) box.removeAttribute('aria-activedescendant');
    else box.setAttribute('aria-activedescendant', `mention-${this.#chosen}`);
  }
}
