import { parseStored, type Store } from './storage.js';
import type { TransportId } from './types.js';

/** What worked in a network. */
export interface Tuning {
  /** Seconds between heartbeats that were asked for; absent: the server's default. */
  heartbeat?: number;
  /** Seconds after which connections are cut here; they are replaced before. */
  maxLife?: number;
  /** Bytes of padding that SSE needs here. */
  padding?: number;
  /** True if SSE is one event behind here without comments that push. */
  flush?: boolean;
}

interface Demotion {
  until: number;
  forMs: number;
}

interface Network {
  used: number;
  worked?: { transport: TransportId; at: number } & Tuning;
  demoted: Partial<Record<TransportId, Demotion>>;
}

const hour = 3_600_000;
const workedForMs = 24 * hour;
const demotedForMs = hour / 2;
const demotedMaxMs = 24 * hour;
const networksMax = 16;
// Raised when transports have changed so much that what was learned says nothing any more.
const version = 1;

/**
 * What was learned about each network, by the key that the server gives it. What worked is known for
 * 24 hours; what did not is left alone for 30 minutes, then twice as long each time, up to 24 hours.
 * The 16 networks used last are kept. All times are milliseconds.
 */
export class NetworkMemory {
  readonly #store: Store;
  readonly #key: string;

  constructor(store: Store, scope: string) {
    this.#store = store;
    this.#key = `fairlead.networks.${version}.${scope}`;
  }

  /** What worked in this network in the last 24 hours. */
  worked(network: string, now: number): ({ transport: TransportId } & Tuning) | undefined {
    const worked = this.#all()[network]?.worked;
    return worked && now - worked.at < workedForMs ? worked : undefined;
  }

  /** Whether this transport failed here so lately that it is left alone. */
  isDemoted(network: string, transport: TransportId, now: number): boolean {
    return (this.#all()[network]?.demoted[transport]?.until ?? 0) > now;
  }

  /** True if nothing is known of this network, so that the server's advice is worth more. */
  isUnknown(network: string, now: number): boolean {
    const known = this.#all()[network];
    const demoted = Object.values(known?.demoted ?? {}).some(({ until }) => until > now);
    return this.worked(network, now) === undefined && !demoted;
  }

  succeed(network: string, transport: TransportId, tuning: Tuning, now: number): void {
    this.#change(network, now, (known) => {
      known.worked = { ...tuning, transport, at: now };
      delete known.demoted[transport];
    });
  }

  demote(network: string, transport: TransportId, now: number): void {
    this.#change(network, now, (known) => {
      const before = known.demoted[transport];
      const forMs = before ? Math.min(before.forMs * 2, demotedMaxMs) : demotedForMs;
      known.demoted[transport] = { until: now + forMs, forMs };
    });
  }

  #change(network: string, now: number, change: (known: Network) => void): void {
    const all = this.#all();
    const known = all[network] ?? { used: now, demoted: {} };
    known.used = now;
    change(known);
    const latest = Object.entries({ ...all, [network]: known })
      .sort(([, a], [, b]) => b.used - a.used)
      .slice(0, networksMax);
    this.#store.set(this.#key, JSON.stringify(Object.fromEntries(latest)));
  }

  #all(): Record<string, Network> {
    const stored = Object.entries((parseStored(this.#store.get(this.#key)) ?? {}) as Record<string, Network | null>);
    // Whatever may have been written there, by an older page or by somebody else's.
    return Object.fromEntries(stored.filter(([, known]) => known?.demoted instanceof Object)) as Record<string, Network>;
  }
}
