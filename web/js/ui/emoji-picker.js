// A small choice of emoji: those used last and the usual ones first, words find the others.

import * as emoji from '../state/emoji.js';
import * as storage from '../storage.js';
import { $, h } from './dom.js';
import { placeBeside } from './popover.js';

const recentKey = 'fairlead.emoji';
const moves = { ArrowRight: 1, ArrowLeft: -1 };

export class EmojiPicker {
  #onPick = () => {};
  #anchor = null;

  constructor({ signal }) {
    const on = (id, type, listener) => $(id).addEventListener(type, listener, { signal });
    on('emoji-words', 'input', () => this.#render());
    on('emoji-words', 'keydown', (event) => this.#wordsKey(event));
    on('emoji-grid', 'click', ({ target }) => this.#pick(target.closest('button')));
    on('emoji-grid', 'keydown', (event) => this.#gridKey(event));
    on('emoji-picker', 'toggle', ({ newState }) => newState === 'closed' && this.#closed());
  }

  /** Opens beside an element; `onPick` gets the emoji that is chosen, if one is. */
  open(anchor, onPick) {
    this.#anchor = anchor;
    this.#onPick = onPick;
    $('emoji-words').value = '';
    this.#render();
    $('emoji-picker').showPopover();
    placeBeside($('emoji-picker'), anchor, 'above');
    if (matchMedia('(pointer: coarse)').matches) $('emoji-grid').querySelector('button').focus();
    else $('emoji-words').focus();
  }

  close() {
    $('emoji-picker').hidePopover();
  }

  get #recent() {
    return (storage.load(recentKey) ?? '').split(' ').filter(Boolean);
  }

  #render() {
    const query = $('emoji-words').value;
    const first = query ? [] : [...new Set([...emoji.usual, ...this.#recent])];
    const rest = emoji.find(query).map((one) => one.emoji).filter((one) => !first.includes(one));
    const buttons = [...first, ...rest].map((one) => {
      const name = emoji.nameOf(one);
      return h('button', { type: 'button', class: 'emoji', 'data-emoji': one, 'aria-label': name, title: name, tabindex: '-1' }, one);
    });
    if (buttons.length > 0) buttons[0].tabIndex = 0;
    $('emoji-grid').replaceChildren(...(buttons.length > 0 ? buttons : [h('p', { class: 'hint' }, 'Nothing like that.')]));
  }

  #pick(button) {
    if (!button) return;
    const chosen = button.dataset.emoji;
    storage.save(recentKey, emoji.used(this.#recent, chosen).join(' '));
    const onPick = this.#onPick;
    this.close();
    onPick(chosen);
  }

  #closed() {
    if (this.#anchor?.isConnected && document.activeElement === document.body) this.#anchor.focus();
    this.#anchor = null;
  }

  #wordsKey(event) {
    if (event.key === 'Enter') this.#pick($('emoji-grid').querySelector('button'));
    else if (event.key === 'ArrowDown') $('emoji-grid').querySelector('button')?.focus();
    else return;
    event.preventDefault();
  }

  #gridKey(event) {
    const buttons = [...$('emoji-grid').querySelectorAll('button')];
    const perRow = buttons.findIndex(({ offsetTop }) => offsetTop > buttons[0].offsetTop);
    const by = moves[event.key] ?? { ArrowDown: perRow, ArrowUp: -perRow }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = buttons[buttons.indexOf(event.target) + by];
    if (next) next.focus();
    else if (by < 0) $('emoji-words').focus();
  }
}
