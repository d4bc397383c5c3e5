import { systemClock, defaultTiming, type Clock, type Timing } from './clock.js';
import { Connection } from './connection.js';
import type { StreamHandlers } from './connection-parts.js';
import { Api } from './http.js';
import { ownPage, type Page } from './lifecycle.js';
import { NetworkMemory } from './memory.js';
import type { ClientOptions } from './options.js';
import { Policy } from './policy.js';
import { shortHash } from './random.js';
import { defaultStore, type Store } from './storage.js';
import type { Stream } from './stream.js';
import { SharedStream, type Channel, type Locks } from './tabs.js';
import { PollTransport } from './transports/poll.js';
import { SseTransport } from './transports/sse.js';
import { WebSocketTransport, type WebSocketConstructor } from './transports/websocket.js';
import type { TransportId } from './types.js';

/** The parts of a client, put together as the options and the platform say. */
export interface Assembly {
  api: Api;
  clock: Clock;
  timing: Timing;
  store: Store;
  scope: string;
  stream: Stream;
  page: Page | undefined;
  /** Those of `wanted` that this platform has. Throws TypeError if none is left, or if there is no such one. */
  possible(wanted: readonly TransportId[]): readonly TransportId[];
}

/** All there are, best first. */
export const allTransports: readonly TransportId[] = ['websocket', 'sse', 'poll'];

/** `onLead` is called when this tab becomes the one that holds the connection. */
export function assemble(options: ClientOptions, handlers: StreamHandlers, onLead: () => void): Assembly {
  const clock = systemClock;
  const timing = { ...defaultTiming, ...options.timing };
  const base = (options.url ?? '').replace(/\/+$/, '');
  const api = new Api(base, options.token, options.fetch ?? globalThis.fetch, clock);
  const store = options.store ?? defaultStore();
  const scope = options.scope ?? shortHash(`${base} ${options.token}`);
  const page = options.page === undefined ? ownPage() : (options.page ?? undefined);
  const Socket = options.webSocket === undefined ? platformWebSocket() : options.webSocket;
  const possible = (wanted: readonly TransportId[]) => {
    const odd = wanted.find((id) => !allTransports.includes(id));
    if (odd) throw new TypeError(`no transport: ${odd}; there are ${allTransports}`);
    const left = wanted.filter((id) => id !== 'websocket' || Socket !== null);
    if (left.length === 0) throw new TypeError('none is here');
    return left;
  };
  const order = possible(options.transports ?? allTransports);
  const { rooms } = options;

  const connect = (to: StreamHandlers) =>
    new Connection({
      ...{ api, clock, timing, rooms, ...to },
      policy: new Policy(order, new NetworkMemory(store, shortHash(base)), timing, Math.random),
      open: {
        websocket: (open, more) => new WebSocketTransport(Socket as WebSocketConstructor, open, more),
        sse: (open, more) => new SseTransport(open, more),
        poll: (open, more) => new PollTransport(open, more),
      },
    });
  const shared = options.tabs === false ? undefined : (sharing(options.tabs) ?? undefined);
  const name = `fairlead:${shortHash(`${base} ${scope} ${rooms?.join(',') ?? ''}`)}`;
  const stream = shared
    ? new SharedStream({ ...shared, ...{ name, api, clock, timing, rooms, handlers, connect, onLead } })
    : connect(handlers);
  return { api, clock, timing, store, scope, stream, page, possible };
}

function platformWebSocket(): WebSocketConstructor | null {
  return (globalThis as unknown as { WebSocket?: WebSocketConstructor }).WebSocket ?? null;
}

/** What tabs share by: what a test gives, else what a page has. Node has a BroadcastChannel, but no tabs. */
function sharing(wanted: ClientOptions['tabs']): { locks: Locks; openChannel(name: string): Channel } | undefined {
  if (typeof wanted === 'object') return wanted;
  const locks = (globalThis as unknown as { navigator?: { locks?: Locks } }).navigator?.locks;
  const isPage = (globalThis as unknown as { document?: unknown }).document !== undefined;
  if (!locks || !isPage || typeof BroadcastChannel !== 'function') return undefined;
  return { locks, openChannel: (name) => new BroadcastChannel(name) as unknown as Channel };
}
