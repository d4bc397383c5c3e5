// Brings messages of before into the store: pages further up and down, a jump to one of them, and single ones
// that others answer. All reject with ProblemError or NetworkError.

export class History {
  #api;
  #store;
  #loads = new Map(); // room id → the page on its way: one at a time, so that the run has no hole
  #asked = new Set(); // quoted messages on their way

  constructor({ api, store }) {
    this.#api = api;
    this.#store = store;
  }

  /** The newest page, if none is there. */
  async open(roomId) {
    await this.#loads.get(roomId)?.catch(() => {});
    const timeline = this.#store.timeline(roomId);
    if (!timeline.loaded) await this.#load(roomId, {}, (page) => timeline.addPage(page));
  }

  /** The page before the run. What is asked for while another is on its way is not missed: reading on asks again. */
  async older(roomId) {
    const timeline = this.#store.timeline(roomId);
    const before = timeline.messages[0]?.id;
    if (timeline.loading || !timeline.hasMore || !before) return;
    await this.#load(roomId, { before }, (page) => timeline.addPage(page));
  }

  /** After a jump: the page that follows. */
  async newer(roomId) {
    const timeline = this.#store.timeline(roomId);
    const after = timeline.messages.at(-1)?.id;
    if (timeline.loading || !timeline.hasNewer || !after) return;
    await this.#load(roomId, { after }, (page) => timeline.addNewerPage(page));
  }

  /** Makes sure that a message is loaded; false if there is none of that id. */
  async find(roomId, messageId) {
    await this.#loads.get(roomId)?.catch(() => {});
    const timeline = this.#store.timeline(roomId);
    if (!timeline.find(messageId)) await this.#jump(roomId, { around: messageId });
    return Boolean(timeline.find(messageId));
  }

  /** Back from a jump to where new messages come in. */
  async newest(roomId) {
    await this.#loads.get(roomId)?.catch(() => {});
    const timeline = this.#store.timeline(roomId);
    if (!timeline.hasNewer) return;
    await this.#jump(roomId, {});
    // What was said meanwhile; again and again, where much is said.
    for (let last; last !== timeline.messages.at(-1); ) {
      last = timeline.messages.at(-1);
      await this.newer(roomId);
    }
  }

  /** Asks for a message that another one answers; what is gone is not asked for twice. */
  async quote(roomId, messageId) {
    if (this.#asked.has(messageId) || this.#store.quoted(roomId, messageId) !== undefined) return;
    this.#asked.add(messageId);
    try {
      this.#store.setQuote(messageId, await this.#api.message(roomId, messageId));
    } catch (error) {
      if (error.status === 404) this.#store.setQuote(messageId, null);
    } finally {
      this.#asked.delete(messageId);
    }
  }

  #jump(roomId, place) {
    const timeline = this.#store.timeline(roomId);
    const newestSeq = this.#store.rooms.get(roomId)?.last_message?.seq ?? 0;
    return this.#load(roomId, place, (page) => timeline.jump(page, newestSeq));
  }

  async #load(roomId, place, take) {
    const timeline = this.#store.timeline(roomId);
    timeline.loading = true;
    this.#store.changed('timeline');
    const asked = this.#api.messages(roomId, place);
    this.#loads.set(roomId, asked);
    try {
      take(await asked);
    } finally {
      timeline.loading = false;
      this.#loads.delete(roomId);
      this.#store.changed('timeline');
    }
  }
}
