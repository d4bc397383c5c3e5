// What a moderator can do about a member: another role, a mute, out of the room.

import { mayDecideAbout, mayMute, rolesToGive } from '../state/ranks.js';
import { displayName } from '../state/store.js';
import { explain } from '../words.js';
import { confirm } from './confirm.js';
import { $, h } from './dom.js';
import { untilOf } from './format.js';
import { placeBeside } from './popover.js';
import { toast } from './toast.js';

const roleWords = {
  owner: ['Owner', 'decides everything'],
  moderator: ['Moderator', 'keeps order'],
  member: ['Member', 'writes'],
  reader: ['Reader', 'only reads'],
};
const mutes = [[600, '10 minutes'], [3_600, '1 hour'], [86_400, '1 day'], [604_800, '1 week']];
const moves = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export class MemberMenu {
  #chat;
  #at = null; // the id of the user whom it is about
  #does = () => {}; // what is done when it has closed

  constructor({ chat, signal }) {
    this.#chat = chat;
    const on = (type, listener) => $('member-menu').addEventListener(type, listener, { signal });
    on('keydown', (event) => this.#key(event));
    on('toggle', ({ newState }) => newState === 'closed' && this.#closed());
  }

  /** Whether there is anything in it about a member of the open room. */
  isFor({ user, role }) {
    const { user: me, currentRoom: room } = this.#chat.store;
    return user.id !== me.id && room.kind !== 'direct' && mayDecideAbout(room.role, role);
  }

  /** Opens it beside a button, which has the user's id as data-user. */
  open(member, button) {
    const menu = $('member-menu');
    this.#at = member.user.id;
    this.#does = () => {};
    menu.ariaLabel = `What to do about ${displayName(member.user)}`;
    menu.replaceChildren(...this.#items(member).filter(Boolean));
    menu.showPopover();
    placeBeside(menu, button, 'below');
    button.ariaExpanded = 'true';
    this.#buttons()[0].focus();
  }

  close() {
    $('member-menu').hidePopover();
  }

  #items(member) {
    const { store, rooms } = this.#chat;
    const { id: roomId, role: mine } = store.currentRoom;
    const { user, role } = member;
    const until = store.mutedUntil(member);
    const canMute = mayMute(mine, role);
    return [
      h('p', { class: 'menu-head', dir: 'auto', 'aria-hidden': 'true' }, displayName(user)),
      group('Role', rolesToGive(mine).toReversed().map((one) =>
        this.#item(roleWords[one], () => one !== role && rooms.setRole(roomId, user, one), { checked: one === role }))),
      canMute && group('Mute', [
        ...(until ? [this.#item(['Lift the mute', `until ${untilOf(until)}`], () => rooms.unmute(roomId, user))] : []),
        ...mutes.map(([seconds, words]) => this.#item([`Mute for ${words}`], () => rooms.mute(roomId, user, seconds))),
      ]),
      this.#item(['Remove from the room…'], () => this.#remove(user), { danger: true }),
    ];
  }

  #item([words, more], does, { checked, danger } = {}) {
    return h('button', {
      type: 'button',
      role: checked === undefined ? 'menuitem' : 'menuitemradio',
      class: danger ? 'danger' : undefined,
      tabindex: '-1',
      'aria-checked': checked === undefined ? undefined : String(checked),
      onclick: () => this.#choose(does),
    }, h('span', {}, words), more ? h('span', { class: 'small muted' }, ` ${more}`) : null);
  }

  #choose(does) {
    this.#does = does;
    this.close();
  }

  async #closed() {
    const button = this.#button();
    if (button) button.ariaExpanded = 'false';
    if (document.activeElement === document.body) button?.focus();
    try {
      await this.#does();
    } catch (error) {
      toast(explain(error));
    }
  }

  /** That of the member whom it is about; the list may have been drawn again. */
  #button() {
    return [...$('people-list').querySelectorAll('button')].find(({ dataset }) => dataset.user === this.#at);
  }

  async #remove(user) {
    const { store, rooms } = this.#chat;
    const { id: roomId, name, visibility } = store.currentRoom;
    const text = visibility === 'public'
      ? 'The room is public: they can join it again.'
      : 'Only somebody who is in the room can add them again.';
    const sure = await confirm({ title: `Remove ${displayName(user)} from ${name}?`, text, yes: 'Remove' });
    if (!sure) return;
    await rooms.remove(roomId, user);
    if (document.activeElement === (this.#button() ?? document.body)) $('people-close').focus(); // theirs goes
  }

  #buttons() {
    return [...$('member-menu').querySelectorAll('button')];
  }

  #key(event) {
    const { key } = event;
    if (key === 'Escape') event.stopPropagation(); // it closes the menu, not the list of people
    if (key === 'Tab') this.close();
    const by = moves[key];
    if (!by) return;
    event.preventDefault();
    const buttons = this.#buttons();
    const next = buttons.indexOf(event.target) + by;
    const last = buttons.length - 1;
    buttons[by < -1 ? 0 : by > 1 ? last : (next + buttons.length) % buttons.length].focus();
  }
}

const group = (name, items) =>
  h('div', { role: 'group', 'aria-label': name }, h('p', { class: 'menu-caption', 'aria-hidden': 'true' }, name), ...items);
