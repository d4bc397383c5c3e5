import { h } from './dom.js';
import { hueOf, initials } from './format.js';

export function avatar(user, name) {
  return h('span', { class: `avatar hue-${hueOf(user.id)}`, 'aria-hidden': 'true' }, initials(name));
}
