// Tells the server how far the person has read: at most once a second and room, and at once when the page is left.

const tellAfterMs = 1_000;

export class Reading {
  #api;
  #store;
  #toTell = new Map(); // room id → the message up to which it is read, until the server is told
  #timers = new Map();

  constructor({ api, store }) {
    this.#api = api;
    this.#store = store;
  }

  /** The person has seen the newest message of a room. */
  seen(roomId) {
    if (this.#store.markRead(roomId)) this.tell(roomId, this.#store.rooms.get(roomId).readId);
  }

  tell(roomId, messageId) {
    if (!this.#toTell.has(roomId)) {
      this.#timers.set(roomId, setTimeout(() => this.#tellNow(roomId), tellAfterMs));
    }
    this.#toTell.set(roomId, messageId);
  }

  /** The page is left, perhaps for good. */
  tellAll() {
    for (const [roomId, timer] of [...this.#timers]) {
      clearTimeout(timer);
      this.#tellNow(roomId);
    }
  }

  /** What was not told yet comes with what is seen next. */
  stop() {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #tellNow(roomId) {
    const messageId = this.#toTell.get(roomId);
    this.#toTell.delete(roomId);
    this.#timers.delete(roomId);
    try {
      await this.#api.read(roomId, messageId);
    } catch {
      // offline, or gone from the room: reading on tells it again
    }
  }
}
