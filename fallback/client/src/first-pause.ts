import { isBehind } from './catch-up.js';
import { deadline } from './clock.js';
import type { ConnectionParts } from './connection-parts.js';

export type PauseParts = Pick<ConnectionParts, 'api' | 'clock' | 'timing' | 'rooms'>;

/** How often it is looked whether a stream is quiet: people pause for a few seconds only. */
export const looksPerLag = 3;

/** What is asked about a stream that may be behind. */
export interface PauseHost {
  /**
   * Whether no byte has come for so long. Always so for a poll, which is no stream that could be behind, and
   * for a WebSocket, which is no answer that a proxy could hold back.
   */
  isQuiet(forMs: number): boolean;
  /** Up to where events have come. */
  cursor(): string | undefined;
  /** Something should have come that has not. */
  onLate(): unknown;
}

/**
 * A proxy that lets go of a stream by the buffer looks good as long as many events push each other out, and
 * keeps the last ones when nobody says anything any more. So when a stream pauses for the first time after
 * it was proven, the server is asked whether something is missing. If nothing is, the last event came
 * although nothing pushed it, and the stream is trusted.
 */
export class FirstPause {
  readonly #parts: PauseParts;
  readonly #host: PauseHost;
  #timer: unknown;
  #round = 0; // what an earlier one has asked for is not heard

  constructor(parts: PauseParts, host: PauseHost) {
    this.#parts = parts;
    this.#host = host;
  }

  /** A stream was proven: looks at it when it pauses. */
  await(): void {
    this.stop();
    this.#soon(() => {
      if (this.#host.isQuiet(this.#parts.timing.lagMs)) void this.#ask();
      else this.await();
    });
  }

  stop(): void {
    this.#round += 1;
    this.#parts.clock.clearTimeout(this.#timer);
  }

  #soon(what: (slept: boolean) => void): void {
    const { clock, timing } = this.#parts;
    this.#timer = deadline(clock, timing.lagMs / looksPerLag, what);
  }

  async #ask(): Promise<void> {
    const round = this.#round;
    const cursor = this.#host.cursor();
    if (cursor === undefined) return;
    const { api, rooms } = this.#parts;
    const behind = await isBehind(api, cursor, rooms).catch(() => false); // without an answer there is nothing to blame
    if (!behind || round !== this.#round) return;
    // What was written this very moment may be on its way.
    this.#soon((slept) => (!slept && this.#host.cursor() === cursor ? this.#host.onLate() : this.await()));
  }
}
