// A clock that a test sets; and, for tabs, locks and channels as browsers have them.

export class FakeClock {
  #now = 1_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.#now;

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
}

export async function settle() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** navigator.locks for one lock: first come, first served. */
export class FakeLocks {
  #queue = [];
  #held = false;

  request(name, { signal }, holder) {
    return new Promise((resolve, reject) => {
      const waiting = { holder, resolve };
      this.#queue.push(waiting);
      signal.addEventListener('abort', () => {
        const at = this.#queue.indexOf(waiting);
        if (at < 0) return;
        this.#queue.splice(at, 1);
        reject(signal.reason);
      });
      this.#grant();
    });
  }

  #grant() {
    if (this.#held || this.#queue.length === 0) return;
    this.#held = true;
    const { holder, resolve } = this.#queue.shift();
    queueMicrotask(async () => {
      await holder();
      this.#held = false;
      resolve();
      this.#grant();
    });
  }
}

/** BroadcastChannels of one page's tabs; `lose` drops what a test wants to get lost. */
export class FakeChannels {
  #open = new Set();
  lose = () => false;

  openChannel = () => {
    const channel = {
      onmessage: null,
      postMessage: (message) => {
        const text = JSON.stringify(message); // as structured clones: nobody shares objects
        if (this.lose(message)) return;
        for (const other of this.#open) {
          if (other === channel) continue;
          setImmediate(() => other.onmessage?.({ data: JSON.parse(text) }));
        }
      },
      close: () => {
        channel.onmessage = null;
        this.#open.delete(channel);
      },
    };
    this.#open.add(channel);
    return channel;
  };
}
