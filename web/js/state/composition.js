// What is being written, in each room: a new message, an answer to one, or a change of one. Pure.

const blank = { text: '', replyTo: null, editing: null, kept: '' };

export class Compositions {
  #byRoom = new Map();

  /** {text, replyTo: message|null, editing: message|null} */
  of(roomId) {
    return this.#byRoom.get(roomId) ?? blank;
  }

  write(roomId, text) {
    this.#set(roomId, { text });
  }

  /** The next message answers this one. */
  reply(roomId, message) {
    if (this.of(roomId).editing) this.cancel(roomId);
    this.#set(roomId, { replyTo: message });
  }

  /** What was being written is kept until the change is saved or given up. */
  edit(roomId, message) {
    const { editing, text, kept } = this.of(roomId);
    this.#set(roomId, { editing: message, replyTo: null, kept: editing ? kept : text, text: message.text });
  }

  /** Gives up the change, else the answer; true if there was one. */
  cancel(roomId) {
    const { editing, replyTo, kept } = this.of(roomId);
    if (editing) this.#set(roomId, { editing: null, text: kept, kept: '' });
    else if (replyTo) this.#set(roomId, { replyTo: null });
    return Boolean(editing ?? replyTo);
  }

  /** A message that is deleted is neither changed nor answered. */
  deleted(roomId, messageId) {
    const { editing, replyTo } = this.of(roomId);
    if ((editing ?? replyTo)?.id === messageId) this.cancel(roomId);
  }

  /** What is to be sent: it is no longer being written. Of a change, until it is saved, `cancel` is the end. */
  take(roomId) {
    const taken = this.of(roomId);
    if (!taken.editing) this.#byRoom.delete(roomId);
    return { ...taken, text: taken.text.trim() };
  }

  #set(roomId, change) {
    this.#byRoom.set(roomId, { ...this.of(roomId), ...change });
  }
}

/** One's own message that arrow-up changes: the last one that is there. */
export function lastOwn(messages, userId) {
  return messages.findLast(({ author, deleted_at: deletedAt }) => author.id === userId && !deletedAt);
}
