// For tabs: locks and channels as browsers have them.

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
