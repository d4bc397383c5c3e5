// The dialog that makes a room, and the one that changes it: the same form.

import { explain } from '../words.js';
import { confirm } from './confirm.js';
import { $, h, setNote, setText } from './dom.js';
import { spanOf } from './format.js';

const slowModes = [5, 10, 30, 60, 300, 900, 3_600, 21_600]; // seconds

export class RoomDialog {
  #chat;
  #onOpen;
  #room = null; // the one that is changed; null: a new one is made

  /** @param onOpen called with the id of a room that was made */
  constructor({ chat, signal, onOpen }) {
    this.#chat = chat;
    this.#onOpen = onOpen;
    const on = (id, type, listener) => $(id).addEventListener(type, listener, { signal });
    on('new-room', 'click', () => this.#open(null));
    on('room-settings', 'click', () => this.#open(chat.store.currentRoom));
    on('room-form-cancel', 'click', () => $('room-dialog').close());
    on('room-form-delete', 'click', () => this.#delete());
    on('room-form', 'submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  #open(room) {
    this.#room = room;
    const form = $('room-form');
    form.reset();
    this.#showErrors(null, {});
    setText($('room-dialog-title'), room ? 'Room settings' : 'Create a room');
    setText($('room-form-submit'), room ? 'Save' : 'Create room');
    $('room-form-slow-field').hidden = !room;
    $('room-form-delete').hidden = room?.role !== 'owner';
    if (room) {
      const { name, topic, visibility, slow_mode_seconds: slow = 0 } = room;
      const steps = [...new Set([...slowModes, slow])].filter(Boolean).sort((a, b) => a - b);
      const options = steps.map((seconds) => h('option', { value: seconds }, `One message each ${spanOf(seconds)}`));
      $('room-form-slow').replaceChildren(h('option', { value: 0 }, 'Off'), ...options);
      $('room-form-name').value = name;
      $('room-form-topic').value = topic ?? '';
      form.elements.visibility.value = visibility;
      $('room-form-slow').value = String(slow);
    }
    $('room-dialog').showModal();
    $('room-form-name').focus();
  }

  async #submit() {
    const form = new FormData($('room-form'));
    const name = form.get('name').trim();
    if (!name) {
      this.#showErrors(null, { name: 'A room needs a name.' });
      return;
    }
    const wanted = { name, topic: form.get('topic').trim(), visibility: form.get('visibility') };
    try {
      if (this.#room) await this.#change({ ...wanted, slow_mode_seconds: Number(form.get('slow')) });
      else await this.#create(wanted);
    } catch (error) {
      this.#showErrors(explain(error), error.fields ?? {});
    }
  }

  async #create({ name, topic, visibility }) {
    const room = await this.#chat.rooms.create(name, visibility, topic);
    $('room-dialog').close();
    this.#onOpen(room.id);
  }

  /** What is as it was is left to whoever else changes it meanwhile. */
  async #change(wanted) {
    const { topic = '', slow_mode_seconds = 0, ...others } = this.#room;
    const was = { ...others, topic, slow_mode_seconds };
    const changes = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== was[key]));
    if (Object.keys(changes).length > 0) await this.#chat.rooms.change(this.#room.id, changes);
    $('room-dialog').close();
  }

  async #delete() {
    const { id, name } = this.#room;
    const text = 'All that was said in it goes with it, for everybody. That cannot be undone.';
    if (!(await confirm({ title: `Delete ${name}?`, text, yes: 'Delete the room' }))) return;
    try {
      await this.#chat.rooms.delete(id);
      $('room-dialog').close();
    } catch (error) {
      this.#showErrors(explain(error), {});
    }
  }

  #showErrors(message, { name, topic }) {
    setNote($('room-form-name-error'), name);
    setNote($('room-form-topic-error'), topic);
    setNote($('room-form-error'), name || topic ? '' : message);
    if (name) $('room-form-name').focus();
  }
}
