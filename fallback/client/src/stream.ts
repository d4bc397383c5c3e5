import type { Status } from './status.js';
import type { Transport } from './transports/transport.js';
import type { TransportId } from './types.js';

/** One stream of events: a connection of this tab's own, or one that it shares with other tabs. */
export interface Stream {
  readonly status: Status;
  /** Where to go on: everything up to here has been handed out. */
  readonly cursor: string | undefined;
  /** A connection of this tab that takes commands, if there is one. */
  readonly commands: Transport | undefined;
  /** Begins, or goes on, from a cursor; without one from now. */
  start(cursor: string | undefined): void;
  /** Ends it; what it knows is kept for `wake`. */
  stop(): void;
  /** Goes on where `stop` left it. */
  wake(): void;
  /** Something has changed for the better: finds out at once whether it still works. */
  check(): Promise<void>;
  /** What may be used from now on, best first. Events go on from the cursor. */
  allow(order: readonly TransportId[]): void;
  /** A message with this nonce was acknowledged, but has not come by the stream yet. */
  expect(nonce: string): void;
  /** Whether somebody looks at the page. */
  setHidden(hidden: boolean): void;
}
