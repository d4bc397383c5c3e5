import { deadline } from '../clock.js';
import { ProblemError } from '../errors.js';
import { SseParser } from '../sse-parser.js';
import type { WireEvent } from '../types.js';
import type { Outcome } from '../verdict.js';
import { Ending, eventOf, excuse, parameters, problemOutcome, refusalOf, type Handlers, type OpenOptions, type Transport } from './transport.js';

const secondEventMs = 300; // after hello, says the protocol

/**
 * Events over Server-Sent Events, read with fetch: so the token stays in a header, and a refusal has a
 * status. Proven when hello has come, the second event was not held back, and the word sent by POST was
 * taken.
 */
export class SseTransport extends Ending implements Transport {
  readonly #abort = new AbortController();
  #hello: WireEvent | undefined;
  #answered = false;
  #proving = false;
  #lagTimer: unknown;

  constructor(options: OpenOptions, handlers: Handlers) {
    super(options, handlers);
    this.#run().catch(() => this.fail({ cause: this.#answered ? 'closed' : 'refused' }));
  }

  protected unprovenOutcome(): Outcome {
    if (this.#proving) return { cause: 'one_way' };
    if (this.#hello) return { cause: 'behind' };
    // Held back completely, there is often not even a head: only the control can tell that from a
    // server that is away.
    return { cause: 'held' };
  }

  protected release(): void {
    this.options.clock.clearTimeout(this.#lagTimer);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    const { api, plan, clock } = this.options;
    const wanted = {
      ...parameters(this.options),
      ...(plan.padding ? { padding: plan.padding } : {}),
      ...(plan.flush ? { flush: 1 } : {}),
    };
    const headers = { Accept: 'text/event-stream' };
    const signal = this.#abort.signal;
    // Some proxies that hold a GET back stream the answer to a POST.
    const response = plan.padding
      ? await api.twice('/rt/v1/sse', {
          method: 'POST',
          headers: { ...headers, 'Content-Type': 'application/json' },
          body: JSON.stringify(wanted),
          signal,
        })
      : await api.twice(`/rt/v1/sse?${query({ ...wanted, t: clock.now() })}`, { headers, signal });
    if (this.over) return;
    const isStream = (response.headers.get('Content-Type') ?? '').startsWith('text/event-stream');
    if (!response.ok || !isStream || !response.body) {
      this.fail(await refusalOf(response));
      return;
    }
    this.#answered = true;
    await this.#read(response.body.getReader());
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const parser = new SseParser((data) => this.#receive(data));
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (this.over) return;
      if (done) break;
      this.handlers.activity();
      parser.push(decoder.decode(value, { stream: true }));
    }
    this.fail({ cause: 'closed' });
  }

  #receive(data: string): void {
    const event = this.over ? undefined : eventOf(data);
    if (!event) return;
    this.handlers.event(event);
    if (this.over) return;
    if (event.type === 'hello' && !this.#hello) this.#greet(event);
    // hello alone may have been pushed out by what came after it; this one shows that nothing is held.
    else if (event.type === 'probe' && !this.#proving) void this.#prove();
  }

  #greet(hello: WireEvent): void {
    this.#hello = hello;
    const { clock, timing } = this.options;
    const fail = (slept: boolean) => this.fail({ cause: 'behind', ...excuse(slept) });
    this.#lagTimer = deadline(clock, secondEventMs + timing.lagMs, fail);
  }

  async #prove(): Promise<void> {
    this.#proving = true;
    const { api, clock, proofMs } = this.options;
    clock.clearTimeout(this.#lagTimer);
    this.awaitProof();
    const sentAt = clock.now();
    const body = { session: this.#hello?.['session'], probe: this.#hello?.['probe'] };
    try {
      await api.request('POST', '/rt/v1/probe', { body, signal: this.#abort.signal, timeoutMs: proofMs, repeatable: true });
    } catch (error) {
      this.fail({ cause: 'one_way', ...(error instanceof ProblemError ? problemOutcome(error) : {}) });
      return;
    }
    this.prove(clock.now() - sentAt);
  }
}

function query(values: Record<string, string | number>): string {
  return new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();
}
