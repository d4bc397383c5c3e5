// A clock that a test sets, and transports that it plays the server for.

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

/** Three transport classes; `opened` lists every connection made, newest last. */
export function fakeTransports() {
  const opened = [];
  const make = (id) =>
    class {
      static id = id;
      static provingBudgetMs = 5_000;

      constructor(options, handlers) {
        this.id = id;
        this.options = options;
        this.handlers = handlers;
        this.closed = false;
        opened.push(this);
      }

      hello(more = {}) {
        const { cursor = 'c0' } = this.options;
        const resume = this.options.cursor ? 'resumed' : 'fresh';
        this.event({ type: 'hello', session: 's_1', cursor, resume, heartbeat_seconds: 20, ...more });
      }

      prove() {
        this.hello();
        this.handlers.onProven(12);
      }

      event(event) {
        this.handlers.onActivity();
        this.handlers.onEvent(event);
      }

      message(cursor) {
        this.event({ type: 'message.created', cursor, data: {} });
      }

      end(outcome) {
        this.handlers.onClosed({ cause: 'closed', ...outcome });
      }

      measure() {
        return this.answers === false ? new Promise(() => {}) : Promise.resolve(7);
      }

      close() {
        this.closed = true;
      }
    };
  return { opened, classes: ['websocket', 'sse', 'poll'].map(make) };
}
