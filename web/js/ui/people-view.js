// Who is in the room, who of them is here, who is writing.

import { isModerator } from '../state/ranks.js';
import { displayName } from '../state/store.js';
import { explain } from '../words.js';
import { avatar } from './avatar.js';
import { $, h, icon, reconcile, setNote, setText } from './dom.js';
import { fullTimeOf, listOf, plural, untilOf } from './format.js';
import { MemberMenu } from './member-menu.js';

const words = { online: 'here', away: 'away', offline: 'not here', unknown: 'not known' };
const roleWords = { owner: 'owner', moderator: 'moderator', reader: 'only reads' };
const order = ['online', 'away', 'unknown', 'offline'];

export class PeopleView {
  #chat;
  #onLeave;
  #onWrite;
  #menu;
  #wide = matchMedia('(min-width: 70rem)'); // room for the list beside the messages, as in style.css
  #wanted = this.#wide.matches;
  #roomId;

  /** @param onLeave called when the person wants to leave the room  @param onWrite called with whom to write to */
  constructor({ chat, signal, onLeave, onWrite }) {
    this.#chat = chat;
    this.#onLeave = onLeave;
    this.#onWrite = onWrite;
    this.#menu = new MemberMenu({ chat, signal });
    const on = (id, listener) => $(id).addEventListener('click', listener, { signal });
    on('people-toggle', () => this.#toggle(!this.#wanted));
    on('people-close', () => this.#close());
    on('leave-room', () => this.#onLeave());
    this.#wide.addEventListener('change', ({ matches }) => this.#toggle(matches), { signal });
    $('add-person').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#add();
    }, { signal });
    $('people').addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#close();
    }, { signal });
  }

  #close() {
    this.#toggle(false);
    $('people-toggle').focus();
  }

  #toggle(wanted) {
    this.#wanted = wanted;
    const shown = wanted && Boolean(this.#chat.store.currentRoom);
    $('people').hidden = !shown;
    $('people-toggle').setAttribute('aria-expanded', String(shown));
    $('chat').classList.toggle('with-people', shown);
  }

  async #add() {
    const { store } = this.#chat;
    const name = $('add-person-name').value.trim();
    if (!name) return;
    try {
      const added = await this.#chat.rooms.add(store.currentRoomId, name);
      setNote($('add-person-note'), added ? `${name} is in the room.` : `There is no ${name} here.`);
      if (added) $('add-person').reset();
    } catch (error) {
      setNote($('add-person-note'), explain(error));
    }
  }

  render() {
    const { store } = this.#chat;
    const room = store.currentRoom;
    $('people-toggle').hidden = !room;
    this.#toggle(this.#wanted);
    if (room?.id !== this.#roomId) {
      setNote($('add-person-note'), '');
      this.#menu.close(); // it is about somebody in the other one
    }
    this.#roomId = room?.id;
    if (!room) return;
    $('leave-room').hidden = room.kind === 'direct';
    for (const id of ['add-person', 'room-settings']) $(id).hidden = room.kind === 'direct' || !isModerator(room.role);
    const people = [...(store.members.get(room.id)?.values() ?? [])].map((member) => ({
      ...member,
      name: displayName(member.user),
      until: store.mutedUntil(member),
      presence: store.presence.get(member.user.id) ?? { status: 'unknown' },
    }));
    people.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
    const counted = store.counts.get(room.id);
    const here = counted?.online ?? people.filter(({ presence }) => presence.status === 'online').length;
    setText($('people-count'), `${here} here`);
    $('people-toggle').title = `${plural(counted?.members ?? people.length, 'member')}, ${here} here now`;
    reconcile($('people-list'), people, {
      key: ({ user }) => user.id,
      stamp: (person) =>
        JSON.stringify([person.name, person.role, person.until, room.role, person.presence.status, person.presence.transports]),
      render: (person) => this.#person(person),
    });
  }

  #person(person) {
    const { user, role, name, until, presence } = person;
    const { status } = presence;
    const isMe = user.id === this.#chat.store.user.id;
    const lastSeen = status === 'offline' && presence.last_seen_at;
    const details = [words[status] ?? words.unknown];
    if (roleWords[role]) details.push(roleWords[role]);
    if (until) details.push(`muted until ${untilOf(until)}`);
    return h('li', {
      class: `person ${status}`,
      'data-testid': 'person',
      'data-status': status,
      title: lastSeen ? `Last seen ${fullTimeOf(new Date(lastSeen))}` : undefined,
    },
    h('span', { class: 'with-dot' }, avatar(user, name), h('span', { class: 'dot', 'aria-hidden': 'true' })),
    h('span', { class: 'who' },
      h('span', { class: 'name', dir: 'auto' }, isMe ? `${name} (you)` : name),
      h('span', { class: 'small muted' }, details.join(' · '))),
    isMe ? null : this.#writeButton(user, name),
    this.#menu.isFor(person) ? this.#menuButton(person) : null);
  }

  #menuButton(person) {
    const words = `What to do about ${person.name}`;
    return h('button', {
      type: 'button',
      class: 'quiet icon',
      'aria-label': words,
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      'data-user': person.user.id,
      title: words,
      onclick: ({ currentTarget }) => this.#menu.open(person, currentTarget),
    }, icon('more'));
  }

  #writeButton(user, name) {
    if (this.#chat.store.currentRoom.kind === 'direct') return null;
    const words = `Write to ${name}`;
    return h('button', { type: 'button', class: 'quiet icon', 'aria-label': words, title: words, onclick: () => this.#writeTo(user) },
      icon('mail'));
  }

  /** How the other one of a direct room is; '' in other rooms. */
  wordsOfPeer() {
    const { store } = this.#chat;
    const peer = store.currentRoom?.peer;
    if (!peer) return '';
    const { status, last_seen_at: lastSeen } = store.presence.get(peer.id) ?? {};
    const seen = status === 'offline' && lastSeen ? `, last seen ${fullTimeOf(new Date(lastSeen))}` : '';
    return `@${peer.name} · ${words[status] ?? words.unknown}${seen}`;
  }

  #writeTo(user) {
    if (!this.#wide.matches) this.#toggle(false); // it would lie over the messages
    this.#onWrite(user);
  }

  renderTyping() {
    const { store } = this.#chat;
    const names = store.typists(store.currentRoomId).map(({ name }) => name || 'Someone');
    setText($('typing'), names.length ? `${listOf(names)} ${names.length > 1 ? 'are' : 'is'} typing…` : '');
  }
}

function rank({ presence }) {
  const index = order.indexOf(presence.status);
  return index < 0 ? order.length : index;
}
