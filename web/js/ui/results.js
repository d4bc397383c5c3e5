// A list of messages to go to: of the search, of the inbox.

import { displayName } from '../state/store.js';
import { avatar } from './avatar.js';
import { h } from './dom.js';
import { dayOf, fullTimeOf, timeOf } from './format.js';

/** @param words nodes of what it says  @param onChosen called when it is chosen */
export function resultItem(message, { room, words, onChosen }) {
  const date = new Date(message.created_at);
  const name = displayName(message.author);
  return h('li', {},
    h('button', { type: 'button', class: 'result', 'data-testid': 'result', onclick: onChosen },
      avatar(message.author, name),
      h('span', { class: 'result-body' },
        h('span', { class: 'result-head' },
          h('b', { dir: 'auto' }, name), ' ',
          h('span', { class: 'muted small' }, 'in ', h('bdi', {}, room), ' · ',
            h('time', { datetime: message.created_at, title: fullTimeOf(date) }, `${dayOf(date)}, ${timeOf(date)}`))),
        h('span', { class: 'result-text', dir: 'auto' }, ...words))));
}

/** Arrow keys go through the buttons of a list; up from the first one goes back to `before`. */
export function walk(list, before, signal) {
  const go = (event, by) => {
    const buttons = [...list.querySelectorAll('button')];
    const index = buttons.indexOf(event.target) + by;
    event.preventDefault();
    if (index < 0) before?.focus();
    else buttons[Math.min(index, buttons.length - 1)]?.focus();
  };
  list.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') go(event, 1);
    if (event.key === 'ArrowUp') go(event, -1);
  }, { signal });
  before?.addEventListener('keydown', (event) => event.key === 'ArrowDown' && go(event, 1), { signal });
}
