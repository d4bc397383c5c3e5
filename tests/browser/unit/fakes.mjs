// Transports that a test plays the server for.

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
