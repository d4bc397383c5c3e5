import type { Clock, Timing } from './clock.js';
import type { Api } from './http.js';
import type { Policy } from './policy.js';
import type { Status } from './status.js';
import type { Handlers, OpenOptions, Transport } from './transports/transport.js';
import type { FairleadEvent, Hello, TransportId } from './types.js';

/** What a stream says. */
export interface StreamHandlers {
  /** Each event once, durable ones in order; `before` is the cursor of the durable one before it. */
  onEvent(event: FairleadEvent, before: string | undefined): void;
  onStatus(status: Status): void;
  onHello(hello: Hello): void;
  /** The cursor is of no use any more; goes on after `start` with another. */
  onReset(reason: string): void;
  /** It is over for good. */
  onEnded(code: 'unauthorized' | 'forbidden'): void;
}

/** What a connection is made of. */
export interface ConnectionParts extends StreamHandlers {
  api: Api;
  clock: Clock;
  timing: Timing;
  policy: Policy;
  /** Opens one transport. */
  open: Record<TransportId, (options: OpenOptions, handlers: Handlers) => Transport>;
  rooms?: readonly string[] | undefined;
}
