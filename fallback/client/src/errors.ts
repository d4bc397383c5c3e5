import type { Problem } from './types.js';

/** An answer of the server that says no (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The HTTP status; 0 for a command over WebSocket whose problem names none. */
  readonly status: number;
  /** A stable word to decide on, as `rate_limited`; empty if a proxy answered instead of the server. */
  readonly code: string;
  /** For 422: what is wrong with which field. */
  readonly fields: Readonly<Record<string, string>>;
  /** For the operator's logs. */
  readonly requestId: string;
  /** What the server has said, else from `Retry-After`: milliseconds until it is worth trying again. */
  readonly retryInMs: number | undefined;

  constructor(status: number, problem: Problem, retryInMs?: number) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? '';
    this.fields = problem.fields ?? {};
    this.requestId = problem.request_id ?? '';
    this.retryInMs = problem.retry_after_s! >= 0 ? problem.retry_after_s! * 1000 : retryInMs;
  }

  /** True if the same request may succeed later without a change. */
  get temporary(): boolean {
    return this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** No answer at all: no network, or nobody is listening. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';

  constructor(cause: unknown) {
    super('The server cannot be reached.', { cause });
  }
}

/**
 * The client has ended and will not come back by itself. `code` says why: `unauthorized` (the token
 * is wrong, has expired or was logged out), `forbidden` (this user or page may not connect), or
 * `closed` (`client.close()` was called).
 */
export class EndedError extends Error {
  override readonly name = 'EndedError';
  readonly code: 'unauthorized' | 'forbidden' | 'closed';

  constructor(code: 'unauthorized' | 'forbidden' | 'closed') {
    super(
      code === 'unauthorized'
        ? 'This token is refused: sign in again.'
        : code === 'forbidden'
          ? 'This user or page is refused.'
          : 'The client was closed.',
    );
    this.code = code;
  }
}

/** A reader of an async iterator was so slow that its events would have filled the memory. */
export class FellBehindError extends Error {
  override readonly name = 'FellBehindError';

  constructor(limit: number) {
    super(`More than ${limit} events waited: call sync().`);
  }
}
