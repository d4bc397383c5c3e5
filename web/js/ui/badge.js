import { h } from './dom.js';

/** How many, as a small figure; spoken with `what`. */
export function badge(count, what, kind = '') {
  return h('span', { class: `badge ${kind}`.trim() }, count > 99 ? '99+' : String(count),
    h('span', { class: 'visually-hidden' }, ` ${what}`));
}
