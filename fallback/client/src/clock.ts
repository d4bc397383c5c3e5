/** Time, as the client sees it; a test sets its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back after `ms` milliseconds; what it returns goes into `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const sleptMs = 1_000; // a timer that fires so late: the machine or the page was asleep

/** Calls back after `ms` milliseconds, and says whether it slept meanwhile: then nobody else is to blame. */
export function deadline(clock: Clock, ms: number, callback: (slept: boolean) => void): unknown {
  const due = clock.now() + ms;
  return clock.setTimeout(() => callback(clock.now() - due >= sleptMs), ms);
}

const timerMaxMs = 2 ** 31 - 1; // what is longer fires at once, on every platform

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, timerMaxMs)),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
};

/** Every wait of the client, in milliseconds. The defaults are for real networks; tests shorten some. */
export interface Timing {
  /** A transport has six round trips to prove itself, but never less than this … */
  proofMinMs: number;
  /** … nor more than this: after ten seconds the server ends what is unproven. */
  proofMaxMs: number;
  /** The second event of an SSE stream follows 300 ms after hello; this is how late it may be. */
  lagMs: number;
  /** When an attempt is unproven for so long, a poll is opened beside it, so that nobody waits for events. */
  coverAfterMs: number;
  /** How long the control (GET /rt/v1/hello) may take before it counts as unreachable. */
  controlMs: number;
  /** How long a round trip may take when a page wakes up and asks whether its stream still lives. */
  checkMs: number;
  /** A better transport must have worked for so long, beside the present one, before that is left. */
  soakMs: number;
  /** When to look for a better transport after falling back; the last one repeats, each +-30 %. */
  trialsMs: readonly number[];
  /** A connection that lived for so long was of use: waits begin small again. */
  usefulMs: number;
  /** Waits before trying again: anything up to a ceiling that doubles from the first to the second. */
  backoffMinMs: number;
  backoffMaxMs: number;
  /** Heartbeats without a byte until a stream counts as dead. */
  watchdogHeartbeats: number;
  /** How long the server holds a poll that has nothing to say, in seconds. */
  pollHoldSeconds: number;
}

const minute = 60_000;

/** The waits that docs/CLIENT.md describes. */
export const defaultTiming: Timing = {
  proofMinMs: 4_000,
  proofMaxMs: 10_000,
  lagMs: 1_500,
  coverAfterMs: 1_500,
  controlMs: 5_000,
  checkMs: 5_000,
  soakMs: 15_000,
  trialsMs: [2 * minute, 10 * minute, 30 * minute, 60 * minute],
  usefulMs: 30_000,
  backoffMinMs: 500,
  backoffMaxMs: 30_000,
  watchdogHeartbeats: 2.5,
  pollHoldSeconds: 20,
};
