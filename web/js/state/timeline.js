// The messages of a room that are loaded: one run without holes, oldest first. Usually it ends with the newest
// message; after a jump into the history it does not, and `hasNewer` says so. No network and no DOM in here.

const keptMin = 1_000; // messages of a room that nobody scrolls back in; twice as many at most
const heldMax = 4_000; // while somebody does

export class Timeline {
  messages = [];
  hasMore = true; // there are older ones
  hasNewer = false; // there are newer ones than the run has
  loaded = false; // a page is here
  #loading = false;
  #meanwhile = []; // changes that came while a page is on its way: it may say how it was before them
  #newestSeq = 0; // of all that has been heard of

  /** Whether a page is on its way. */
  get loading() {
    return this.#loading;
  }

  set loading(loading) {
    this.#loading = loading;
    this.#meanwhile = [];
  }

  /**
   * Puts one in its place by `seq`: a newer state of one that is here, or, if `growing`, a new one.
   * What is older than the loaded run is left out; it comes with its page. So is what is newer than a run that does
   * not reach the newest, and everything before the first page has been asked for.
   */
  put(message, { growing = false } = {}) {
    if (this.loading && !growing) this.#meanwhile.push(() => this.#put(message, growing));
    this.#put(message, growing);
  }

  #put(message, growing) {
    if (growing) this.#newestSeq = Math.max(this.#newestSeq, message.seq);
    if (!this.loaded && !this.loading) return;
    const { messages } = this;
    let index = messages.length;
    while (index > 0 && messages[index - 1].seq > message.seq) index -= 1;
    const before = messages[index - 1];
    const inRun = index > 0 || messages.length === 0 || !this.hasMore;
    const beyond = this.hasNewer && index === messages.length;
    if (before?.id === message.id) messages[index - 1] = withOwnReactions(message, before);
    else if (growing && inRun && !beyond) messages.splice(index, 0, message);
  }

  find(messageId) {
    return this.messages.find(({ id }) => id === messageId);
  }

  /** Somebody has reacted, or taken it back. `isMe`: it was the person at this page. */
  react(change, how) {
    if (this.loading) this.#meanwhile.push(() => this.#react(change, how));
    this.#react(change, how);
  }

  #react({ message_id: messageId, emoji, count }, { added, isMe }) {
    const index = this.messages.findIndex(({ id }) => id === messageId);
    if (index < 0) return;
    const message = this.messages[index];
    const reactions = message.reactions ?? [];
    const known = reactions.find((reaction) => reaction.emoji === emoji);
    const me = isMe ? added : Boolean(known?.me);
    const changed = { emoji, count, me };
    const all = known ? reactions.map((one) => (one === known ? changed : one)) : [...reactions, changed];
    this.messages[index] = { ...message, reactions: all.filter((one) => one.count > 0) };
  }

  /** Forgets the oldest ones of a long run: they can be loaded again. Not while somebody looks at them. */
  forgetOld() {
    // A page that is on its way ends where the run begins now.
    if (this.loading || this.messages.length <= 2 * keptMin) return;
    this.messages.splice(0, this.messages.length - keptMin);
    this.hasMore = true;
  }

  /** Takes the newest page, or the one before the run: what is in it is oldest first. */
  addPage({ messages, has_more: hasMore }) {
    // What the stream has brought meanwhile is at least as new as the page.
    this.#merge(messages);
    this.hasMore = hasMore;
    this.loaded = true;
    this.#catchUp();
    if (this.messages.length <= heldMax) return;
    this.messages.splice(heldMax);
    this.hasNewer = true;
  }

  /** Takes the page that follows the run. */
  addNewerPage({ messages, has_more: hasMore }) {
    this.#merge(messages);
    this.hasNewer = hasMore || (this.messages.at(-1)?.seq ?? 0) < this.#newestSeq;
    this.#catchUp();
    if (this.messages.length <= heldMax) return;
    this.messages.splice(0, this.messages.length - heldMax);
    this.hasMore = true;
  }

  /** Begins anew with a page, of the history or the newest. `newestSeq` is that of the room's last message. */
  jump({ messages }, newestSeq) {
    this.#newestSeq = Math.max(this.#newestSeq, newestSeq);
    this.messages = [...messages];
    this.hasMore = (messages[0]?.seq ?? 1) > 1;
    this.hasNewer = (messages.at(-1)?.seq ?? 0) < this.#newestSeq;
    this.loaded = true;
    this.#catchUp();
  }

  /** What has changed since the page was asked for. */
  #catchUp() {
    const changes = this.#meanwhile;
    this.#meanwhile = [];
    for (const change of changes) change();
  }

  #merge(messages) {
    const known = new Set(this.messages.map(({ id }) => id));
    this.messages.push(...messages.filter(({ id }) => !known.has(id)));
    this.messages.sort((a, b) => a.seq - b.seq);
    this.#newestSeq = Math.max(this.#newestSeq, this.messages.at(-1)?.seq ?? 0);
  }
}

/** An event is the same for everybody: it does not say which reactions are one's own. */
function withOwnReactions(message, before) {
  const own = new Set(before.reactions?.filter(({ me }) => me).map(({ emoji }) => emoji));
  if (own.size === 0 || !message.reactions) return message;
  const reactions = message.reactions.map((one) => ({ ...one, me: one.me || own.has(one.emoji) }));
  return { ...message, reactions };
}
