import type { TransportId } from './types.js';
import type { Cause } from './verdict.js';

/** How the client stands. */
export interface Status {
  /**
   * - `idle`: not started, stopped, or put to sleep with its page
   * - `connecting`: nothing works yet
   * - `live`: events come
   * - `waiting`: until `retryAt`, for `why`
   * - `reset`: the cursor is of no use any more; waits for `client.sync()`
   * - `ended`: for good; see the event `ended`
   */
  state: 'idle' | 'connecting' | 'live' | 'waiting' | 'reset' | 'ended';
  /** What brings the events; `poll` also while something better is still being proven. */
  transport?: TransportId;
  /** What was given up on in this network, and for what. */
  fellBackFrom?: TransportId;
  cause?: Cause;
  /** `outage`: the server is not reachable at all. `blocked`: it is, but no transport works. */
  why?: 'lost' | 'restarting' | 'busy' | 'outage' | 'blocked';
  /** Milliseconds since the epoch. */
  retryAt?: number;
  /** The last round trip, in milliseconds. */
  latencyMs?: number;
  session?: string;
  /** The key under which this network is remembered. */
  network?: string;
  /** True if another tab holds the connection for this one. */
  shared?: boolean;
}

/** The status after a change: what is true only of the state before is dropped. */
export function nextStatus(
  before: Status,
  change: { [Name in keyof Status]?: Status[Name] | undefined },
  fell: { from: TransportId; reason: Cause } | undefined,
): Status {
  const state = change.state ?? before.state;
  const { transport, latencyMs } = before;
  const kept = state === 'live' ? { transport, latencyMs } : {};
  const blamed = fell ? { fellBackFrom: fell.from, cause: fell.reason } : {};
  const all = Object.entries({ ...kept, ...blamed, ...change, state });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as unknown as Status;
}
