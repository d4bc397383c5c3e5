// The page's title and its icon say what waits, also while the page is behind others.

import { $ } from './dom.js';

/** Pure. */
export function titleOf(roomTitle, { unread }) {
  const title = roomTitle ? `${roomTitle} · Fairlead` : 'Fairlead';
  return unread ? `(${unread > 99 ? '99+' : unread}) ${title}` : title;
}

/**
 * The icon as an address: with a dot if something is unread, with a figure if it is for this person. Undefined if it
 * is the plain one. Pure.
 */
export function iconOf({ unread, forMe }) {
  if (!unread && !forMe) return undefined;
  const figure = forMe > 9 ? '9+' : String(forMe);
  const mark = forMe
    ? `<circle cx="35" cy="13" r="13" fill="#c0392b"/><text x="35" y="19" font-family="sans-serif" font-size="18" font-weight="bold" text-anchor="middle" fill="#fff">${figure}</text>`
    : '<circle cx="38" cy="10" r="8" fill="#e3a008"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="13" fill="#1f6f6b"/>` +
    `<path d="M6 33c8 0 9-9 18-9s10-9 18-9" fill="none" stroke="#bfe3d8" stroke-width="3.5" stroke-linecap="round"/>` +
    `<circle cx="24" cy="24" r="9" fill="none" stroke="#fff" stroke-width="4"/>${mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

export class PageTitle {
  #icon = $('icon');
  #plain = this.#icon.href;

  show(roomTitle, totals) {
    document.title = titleOf(roomTitle, totals);
    const href = iconOf(totals) ?? this.#plain;
    if (this.#icon.href !== href) this.#icon.href = href;
  }

  reset() {
    this.show('', { unread: 0, forMe: 0 });
  }
}
