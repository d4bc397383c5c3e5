import type { Timing } from './clock.js';
import type { Page } from './lifecycle.js';
import type { Store } from './storage.js';
import type { Channel, Locks } from './tabs.js';
import type { WebSocketConstructor } from './transports/websocket.js';
import type { TransportId } from './types.js';

/** What tells a client where and who. Only `token` must be there. */
export interface ClientOptions {
  /** The server, as `https://chat.example.org`; absent: where the page came from. */
  url?: string;
  /** From `signIn` or `signUp`, or from your own backend. Never put into a URL. */
  token: string;
  /** Only the events of these rooms (ids); absent: of all rooms of the user. */
  rooms?: readonly string[];
  /** What may be used, best first. Default: `['websocket', 'sse', 'poll']`. */
  transports?: readonly TransportId[];
  /**
   * The WebSocket to use where the platform has none (Node 20); null: none at all. Without one, SSE is the
   * best there is.
   */
  webSocket?: WebSocketConstructor | null;
  /** Default: the platform's fetch. It must be able to read a body while it comes. */
  fetch?: typeof fetch;
  /** Where unsent messages and what was learned of networks are kept. Default: localStorage, else memory. */
  store?: Store;
  /**
   * Whose things these are in the store, and which tabs may share a connection: the user's id is a good
   * name. Default: derived from `url` and `token`, so a new token finds nothing of before.
   */
  scope?: string;
  /**
   * Whether tabs share one connection. Default: if the platform has Web Locks and BroadcastChannel and
   * this is a page. A test may put its own in.
   */
  tabs?: boolean | { locks: Locks; openChannel(name: string): Channel };
  /** Default: the page this runs in, if it does. null: do not look at it. */
  page?: Page | null;
  /** Other waits than the usual ones. */
  timing?: Partial<Timing>;
}
