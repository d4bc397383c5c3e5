// A clock that a test sets; the tests of the chat page (tests/browser/unit) have it from here, too.

export class FakeClock {
  #now = 1_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.#now;

  /** How many timers there are. */
  get waiting() {
    return this.#timers.size;
  }

  setTimeout = (callback, milliseconds) => {
    const id = this.#next++;
    this.#timers.set(id, { callback, at: this.#now + milliseconds });
    return id;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  /** Lets time pass, and what waits on promises happen. */
  async advance(milliseconds) {
    const end = this.#now + milliseconds;
    for (;;) {
      await settle();
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].callback();
    }
    this.#now = end;
    await settle();
  }

  /** Somebody sets the clock back; timers do not mind. */
  setBack(milliseconds) {
    this.#now -= milliseconds;
    for (const timer of this.#timers.values()) timer.at -= milliseconds;
  }

  /** The machine sleeps: timers that are due meanwhile fire late, when it wakes. */
  async sleep(milliseconds) {
    this.#now += milliseconds;
    await this.advance(0);
  }
}

export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
