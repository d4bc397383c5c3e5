import type { Clock } from './clock.js';
import { NetworkError, ProblemError } from './errors.js';
import type { ControlAnswer, Problem } from './types.js';

const requestTimeoutMs = 15_000;
const retryAfterMaxMs = 10 * 60_000; // a maintenance page may say a day; who looks sooner harms nobody

/** How a request differs from the usual. */
export interface RequestOptions {
  body?: unknown;
  signal?: AbortSignal;
  /** Milliseconds until it counts as lost; 15,000 if absent. */
  timeoutMs?: number;
  /** True if it may be asked twice. */
  repeatable?: boolean;
}

/** The REST side: paths, the token, problems. Knows nothing of streams. */
export class Api {
  readonly base: string;
  token: string;
  readonly #fetch: typeof fetch;
  readonly #clock: Clock;

  /** `base` is the server's URL without a trailing slash; '' is the page's own. */
  constructor(base: string, token: string, fetcher: typeof fetch, clock: Clock) {
    this.base = base;
    this.token = token;
    this.#fetch = fetcher;
    this.#clock = clock;
  }

  /** A fetch with the token and without any cache. */
  raw(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    const fetcher = this.#fetch; // called without `this`: browsers insist
    return fetcher(this.base + path, {
      ...init,
      headers: { ...init.headers, ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}) },
      cache: 'no-store',
    });
  }

  /**
   * The same for what may be asked twice. A connection that the platform kept for later may have died
   * meanwhile, which says nothing of the way now: then it is asked again, over another one.
   */
  async twice(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    try {
      return await this.raw(path, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      return this.raw(path, init);
    }
  }

  /**
   * One request with a JSON answer, `undefined` if it has no body.
   * Throws ProblemError if the server says no, NetworkError if nothing comes, the signal's reason if aborted.
   */
  async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { body, signal, timeoutMs = requestTimeoutMs, repeatable } = options;
    const abort = new AbortController();
    const timer = this.#clock.setTimeout(() => abort.abort(), timeoutMs);
    const giveUp = () => abort.abort();
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp);
    try {
      const init = {
        method,
        headers: {
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        signal: abort.signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      const response = await (repeatable ? this.twice(path, init) : this.raw(path, init));
      const text = await response.text();
      if (!response.ok) throw new ProblemError(response.status, problemOf(text), retryAfterMs(response));
      return (text ? JSON.parse(text) : undefined) as T;
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw signal?.aborted ? signal.reason : new NetworkError(error);
    } finally {
      this.#clock.clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /**
   * The control: cheap, needs no token. If it answers, the server is there, and what does not work is
   * this way to it. Its query is unique, for caches that do not obey no-store.
   */
  control(timeoutMs: number, signal?: AbortSignal): Promise<ControlAnswer> {
    const path = `/rt/v1/hello?t=${this.#clock.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
    return this.request('GET', path, { timeoutMs, repeatable: true, ...(signal ? { signal } : {}) });
  }
}

/** RFC 9457 out of a body; empty if it is a proxy's own error page. */
export function problemOf(text: string): Problem {
  try {
    const problem: unknown = JSON.parse(text);
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

/** `Retry-After` in milliseconds, ten minutes at most (its form in seconds; nobody sends the other one here). */
export function retryAfterMs(response: Response): number | undefined {
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return seconds >= 0 ? Math.min(seconds * 1000, retryAfterMaxMs) : undefined;
}

/** A path with ids in it: each is escaped. */
export function path(strings: TemplateStringsArray, ...ids: string[]): string {
  return strings.reduce((all, next, i) => all + encodeURIComponent(ids[i - 1] ?? '') + next);
}
