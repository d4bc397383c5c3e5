import type { Bye } from './types.js';

/**
 * What was wrong with a transport.
 * - `refused`: no 101 or no 200, or no connection at all
 * - `silent`: nothing came: not even an answer, or no byte for 2.5 heartbeats
 * - `held`: SSE was answered, but its events are held back
 * - `behind`: each event comes only when the next one pushes it out
 * - `one_way`: events come, but what the client sends does not arrive
 * - `closed`: it ended without a word
 * - `cut`: it works, but is cut again and again
 * - `gap`: an event got lost on the way
 */
export type Cause = 'refused' | 'silent' | 'held' | 'behind' | 'one_way' | 'closed' | 'cut' | 'gap';

/** How a connection ended. */
export interface Outcome {
  cause: Cause;
  /** The HTTP status, if it was refused with one. */
  status?: number;
  /** The problem's code, if the server said one. */
  problem?: string;
  /** The WebSocket close code. */
  closeCode?: number;
  bye?: Bye;
  retryInMs?: number;
  /** The machine was asleep, or is in another network: that it ended says nothing of the transport. */
  excused?: boolean;
}

/**
 * - `unauthorized`, `forbidden`: the client ends
 * - `orderly`: the server or the client wanted it so
 * - `busy`: the server has too much to do, or has failed; the way to it is good
 * - `fault`: the transport may be to blame
 */
export type Kind = 'unauthorized' | 'forbidden' | 'orderly' | 'busy' | 'fault';

const byCode: Record<number, Kind> = {
  1001: 'orderly',
  1011: 'busy',
  1012: 'orderly',
  4001: 'unauthorized',
  4003: 'forbidden',
  4008: 'orderly',
  4009: 'orderly',
  4029: 'busy',
};

const byBye: Record<string, Kind> = {
  going_away: 'orderly',
  restart: 'orderly',
  auth_ended: 'unauthorized',
  forbidden: 'forbidden',
  slow: 'orderly',
  superseded: 'orderly',
  unproven: 'fault',
  rate_limited: 'busy',
  max_life: 'orderly',
  once: 'orderly',
  internal: 'busy',
};

/** What the end of a connection means. Pure. */
export function kindOf(outcome: Outcome): Kind {
  const said = outcome.bye ? byBye[outcome.bye.code] : undefined;
  const closed = outcome.closeCode === undefined ? undefined : byCode[outcome.closeCode];
  for (const kind of [said, closed]) if (kind === 'unauthorized' || kind === 'forbidden') return kind;
  // A proxy's own 401 or 403 is about the way; only the server's is about the user.
  if (outcome.status === 401 && outcome.problem) return 'unauthorized';
  if (outcome.status === 403 && outcome.problem === 'forbidden') return 'forbidden';
  if ((outcome.status === 429 || outcome.status === 503) && outcome.retryInMs !== undefined) return 'busy';
  return said ?? closed ?? 'fault';
}

/** Whether the session is over with it, so that the next connection begins a new one. */
export function endsSession(outcome: Outcome): boolean {
  return (
    outcome.closeCode === 4009 ||
    outcome.bye?.resume === false ||
    outcome.bye?.code === 'superseded' ||
    // Perhaps the session was what was refused.
    (outcome.status !== undefined && outcome.status >= 400 && outcome.status < 429)
  );
}
