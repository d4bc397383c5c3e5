import { NetworkError, ProblemError } from '../errors.js';
import type { Problem, WireEvent } from '../types.js';
import type { Outcome } from '../verdict.js';
import { Ending, eventOf, parameters, type Handlers, type OpenOptions, type Transport } from './transport.js';

const ackTimeoutMs = 10_000;

/** The WebSocket of the platform, or one like it. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocket;

interface Waiting {
  resolve(data: unknown): void;
  reject(error: Error): void;
  timer: unknown;
}

/** Events and commands over a WebSocket. Proven when hello has come and its word was acknowledged. */
export class WebSocketTransport extends Ending implements Transport {
  readonly #socket: WebSocket | undefined;
  readonly #waiting = new Map<string, Waiting>();
  #nextRef = 1;
  #opened = false;
  #greeted = false;

  constructor(Socket: WebSocketConstructor, options: OpenOptions, handlers: Handlers) {
    super(options, handlers);
    const { api, clock } = options;
    try {
      // A page cannot set headers here, so the token travels as a subprotocol, never in the URL.
      const protocols = ['fairlead.v1.json', `fairlead.bearer.${api.token}`];
      this.#socket = new Socket(urlOf(options), protocols);
    } catch {
      // The page's security policy, or an address that is none: as if it was refused.
      clock.setTimeout(() => this.fail({ cause: 'refused' }), 0);
      return;
    }
    this.#socket.onopen = () => {
      this.#opened = true;
    };
    this.#socket.onmessage = ({ data }) => this.#receive(data);
    this.#socket.onerror = () => {}; // close follows and says as much as there is to say
    this.#socket.onclose = ({ code }) =>
      this.fail({ cause: this.#opened ? 'closed' : 'refused', ...(code ? { closeCode: code } : {}) });
  }

  protected unprovenOutcome(): Outcome {
    return { cause: this.#greeted ? 'one_way' : 'silent' };
  }

  protected release(): void {
    for (const { reject, timer } of this.#waiting.values()) {
      this.options.clock.clearTimeout(timer);
      reject(new NetworkError('the connection has ended'));
    }
    this.#waiting.clear();
    if (!this.#socket) return;
    this.#socket.onmessage = null;
    this.#socket.close(1000);
  }

  #receive(data: unknown): void {
    if (this.over) return;
    this.handlers.activity();
    const event = typeof data === 'string' ? eventOf(data) : undefined;
    if (!event) return;
    if (event.type === 'ack' || event.type === 'error') {
      this.#answered(event);
      return;
    }
    this.handlers.event(event);
    if (event.type === 'hello' && !this.over) this.#prove(event);
  }

  #prove(hello: WireEvent): void {
    this.#greeted = true;
    this.awaitProof();
    const sentAt = this.options.clock.now();
    this.command({ op: 'probe', probe: hello['probe'] }).then(
      () => this.prove(this.options.clock.now() - sentAt),
      () => this.fail({ cause: 'one_way' }),
    );
  }

  command(command: Record<string, unknown>): Promise<unknown> {
    const socket = this.#socket;
    if (this.over || !socket) return Promise.reject(new NetworkError('the connection has ended'));
    const ref = String(this.#nextRef++);
    return new Promise((resolve, reject) => {
      const timer = this.options.clock.setTimeout(() => {
        this.#waiting.delete(ref);
        reject(new NetworkError('no answer'));
      }, ackTimeoutMs);
      this.#waiting.set(ref, { resolve, reject, timer });
      socket.send(JSON.stringify({ ...command, ref }));
    });
  }

  #answered(event: WireEvent): void {
    const ref = String(event['ref']);
    const waiting = this.#waiting.get(ref);
    if (!waiting) return;
    this.#waiting.delete(ref);
    this.options.clock.clearTimeout(waiting.timer);
    if (event.type === 'ack') {
      waiting.resolve(event['data']);
      return;
    }
    const problem = (event['error'] ?? {}) as Problem;
    waiting.reject(new ProblemError(problem.status ?? 0, problem));
  }
}

function urlOf(options: OpenOptions): string {
  const page = (globalThis as unknown as { location?: { href: string } }).location?.href;
  const url = new URL(`${options.api.base}/rt/v1/ws`, page);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  for (const [name, value] of Object.entries(parameters(options))) url.searchParams.set(name, String(value));
  return url.href;
}
