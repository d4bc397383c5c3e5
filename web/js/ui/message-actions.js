// What one can do with a message: a toolbar at the one that is pointed at, tapped or focused, and keys.
// One message of the timeline is in the tab order; the arrow keys go from one to the next.

import { $, h, icon } from './dom.js';

export class MessageActions {
  #does;
  #rowOf;
  #mayWrite;
  #mayDelete;
  #toolbar;
  #at = null; // the key of the message that has the toolbar
  #stop = null; // the key of the one in the tab order

  /**
   * @param rowOf (key) => the row of the timeline
   * @param mayWrite () => whether this person may  @param mayDelete (message) => the same
   * @param does {react(message, anchor), reply(message), edit(message), remove(message), back()}
   */
  constructor({ signal, rowOf, mayWrite, mayDelete, does }) {
    this.#does = does;
    this.#rowOf = rowOf;
    this.#mayWrite = mayWrite;
    this.#mayDelete = mayDelete;
    this.#toolbar = h('div', { class: 'message-actions', role: 'toolbar', 'aria-label': 'What to do with this message' });
    const on = (type, listener) => $('messages').addEventListener(type, listener, { signal });
    on('pointerover', (event) => this.#pointed(event));
    on('pointerleave', () => this.#place(messageAt(document.activeElement)));
    on('focusin', (event) => this.#focused(messageAt(event.target)));
    on('focusout', (event) => this.#left(event));
    on('click', (event) => this.#tapped(event));
    document.addEventListener('pointerdown', ({ target }) => $('scroller').contains(target) || this.#place(null), { signal });
    on('keydown', (event) => this.#key(event));
  }

  /** The timeline has been drawn again: what was here is put where it belongs now. */
  refresh() {
    const items = this.#items();
    const stop = items.find(({ dataset }) => dataset.key === this.#stop) ?? items.at(-1);
    for (const item of items) setStop(item, item === stop);
    const at = items.find(({ dataset }) => dataset.key === this.#at);
    if (at && !this.#toolbar.isConnected) this.#place(at);
  }

  clear() {
    this.#place(null);
    this.#stop = null;
  }

  #items() {
    return [...$('messages').querySelectorAll(':scope > .message')];
  }

  #focused(item) {
    if (!item) return;
    this.#stop = item.dataset.key;
    for (const other of this.#items()) setStop(other, other === item);
    this.#place(item);
  }

  /** Whoever comes back begins with the newest message again. Not after a question, or a choice of emoji. */
  #left({ relatedTarget: next }) {
    if (!next || $('messages').contains(next) || next.closest('dialog, [popover]')) return;
    this.clear();
    this.refresh();
  }

  #pointed({ target, pointerType }) {
    const item = messageAt(target);
    if (item && pointerType === 'mouse') this.#place(item);
  }

  #tapped({ target, pointerType }) {
    if (pointerType === 'mouse' || target.closest('a, button')) return;
    const item = messageAt(target);
    if (item) this.#place(item);
  }

  #place(item) {
    const row = item && this.#rowOf(item.dataset.key);
    if (item && this.#toolbar.parentNode === item) return;
    this.#toolbar.remove();
    this.#at = null;
    if (!row?.message.id || row.deleted) return;
    this.#at = item.dataset.key;
    const { message } = row;
    const button = (words, drawn, action) =>
      h('button', { type: 'button', class: 'quiet icon', 'aria-label': words, title: words, onclick: action }, icon(drawn));
    const remove = () => this.#does.remove(message);
    const buttons = this.#mayWrite() ? [
      button('React', 'smile', ({ currentTarget }) => this.#does.react(message, currentTarget)),
      button('Reply', 'reply', () => this.#leave(() => this.#does.reply(message))),
      ...(row.mine ? [button('Edit', 'edit', () => this.#leave(() => this.#does.edit(message)))] : []),
    ] : [];
    if (this.#mayDelete(message)) buttons.push(button('Delete', 'delete', remove));
    this.#toolbar.replaceChildren(...buttons);
    if (buttons.length > 0) item.append(this.#toolbar);
  }

  /** Goes on in the message box. */
  #leave(action) {
    this.#place(null);
    action();
  }

  #key(event) {
    const item = messageAt(event.target);
    const move = { ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') this.#does.back();
    else if (event.target !== item) return;
    else if (move) this.#move(item, move);
    else if (!this.#act(item, event.key)) return;
    event.preventDefault();
  }

  #move(item, by) {
    const items = this.#items();
    const index = Math.max(0, Math.min(items.length - 1, items.indexOf(item) + by));
    items[index].focus();
    items[index].scrollIntoView({ block: 'nearest' });
  }

  /** True if the key means something here. */
  #act(item, key) {
    const row = this.#rowOf(item.dataset.key);
    if (!row?.message.id || row.deleted) return false;
    const { message } = row;
    const actions = {
      '+': () => this.#mayWrite() && this.#does.react(message, item),
      r: () => this.#mayWrite() && this.#leave(() => this.#does.reply(message)),
      e: () => row.mine && this.#mayWrite() && this.#leave(() => this.#does.edit(message)),
      Delete: () => this.#mayDelete(message) && this.#does.remove(message),
      Enter: () => this.#toolbar.querySelector('button')?.focus(),
    };
    actions[key]?.();
    return Object.hasOwn(actions, key);
  }
}

const messageAt = (element) => element.closest?.('.message') ?? null;

/** In the tab order, with its buttons; or out of it. */
function setStop(item, isStop) {
  const index = isStop ? 0 : -1;
  if (item.tabIndex === index && item.dataset.stop === String(isStop)) return;
  item.tabIndex = index;
  item.dataset.stop = String(isStop);
  for (const button of item.querySelectorAll('.quote, .reaction')) button.tabIndex = index;
}
