// Probes of the streams: the client's own transports, each with a session of its own, proven as the client proves
// them. Each resolves to what its step is (result.js), or to undefined where the server does not take the token.

import { defaultTiming } from 'fairlead-client';
import { systemClock as clock } from 'fairlead-client/clock';
import { PollTransport } from 'fairlead-client/transports/poll';
import { SseTransport } from 'fairlead-client/transports/sse';
import { WebSocketTransport } from 'fairlead-client/transports/websocket';
import { kindOf } from 'fairlead-client/verdict';
import { Way } from 'fairlead-client/way';

const holdSeconds = 3; // of the long poll that is tried
const secondEventMs = 300; // after hello, says the protocol
const paddings = { post: 2_048, helped: 16_384 };
const silenceGraceMs = 5_000;

const transports = {
  websocket: (options, handlers) => new WebSocketTransport(WebSocket, options, handlers),
  sse: (options, handlers) => new SseTransport(options, handlers),
  poll: (options, handlers) => new PollTransport(options, handlers),
};

/** Opens one; handlers that are not given do nothing. */
function open(api, rttMs, plan, handlers, timing = {}) {
  const all = { ...defaultTiming, ...timing };
  const way = new Way(clock, all);
  way.took(rttMs);
  const options = { api, clock, timing: all, plan, durableOnly: true, ...way.options };
  const nothing = () => {};
  return transports[plan.transport](options, {
    event: nothing, activity: nothing, cursor: nothing, proven: nothing, ended: nothing, ...handlers,
  });
}

function failure(outcome) {
  const kind = kindOf(outcome);
  if (kind === 'unauthorized' || kind === 'forbidden') return undefined;
  return { ok: false, cause: kind === 'busy' ? 'busy' : outcome.cause };
}

/** Until it has proved itself. */
function prove(api, rttMs, plan) {
  return new Promise((resolve) => {
    const seenAt = {};
    const transport = open(api, rttMs, plan, {
      event: ({ type }) => {
        seenAt[type] ??= performance.now();
      },
      proven: (ms) => {
        const lag = seenAt.probe - seenAt.hello - secondEventMs;
        queueMicrotask(() => transport.close());
        resolve({ ok: true, ms: Math.round(ms), ...(lag >= 0 ? { lagMs: Math.round(lag) } : {}) });
      },
      ended: (outcome) => resolve(failure(outcome)),
    });
  });
}

export const websocket = (api, rttMs) => prove(api, rttMs, { transport: 'websocket' });
export const sse = (api, rttMs) => prove(api, rttMs, { transport: 'sse' });
export const post = (api, rttMs) => prove(api, rttMs, { transport: 'sse', padding: paddings.post });

/** What the client would try where the stream alone does not do. */
export async function helped(api, rttMs, cause) {
  const by = cause === 'behind' ? 'flush' : 'padding';
  const plan = by === 'flush' ? { flush: true } : { padding: paddings.helped };
  const step = await prove(api, rttMs, { transport: 'sse', ...plan });
  return step && { ...step, by };
}

/** A short poll, and one that the server holds. */
export function poll(api, rttMs) {
  return new Promise((resolve) => {
    let proven;
    const transport = open(api, rttMs, { transport: 'poll' }, {
      proven: (ms) => {
        proven = { ms: Math.round(ms), at: performance.now() };
      },
      cursor: () => {
        if (!proven) return;
        transport.close();
        resolve({ ok: true, ms: proven.ms, heldMs: Math.round(performance.now() - proven.at) });
      },
      ended: (outcome) => resolve(failure(outcome)),
    }, { pollHoldSeconds: holdSeconds });
  });
}

/** Lets each of these transports be silent for so many seconds, at the same time: {ok, seconds, cut, afterSeconds}. */
export async function silence(api, rttMs, names, seconds) {
  const lives = await Promise.all(names.map((name) => endured(api, rttMs, name, seconds)));
  const cut = names.filter((_, index) => lives[index] !== true);
  if (cut.length === 0) return { ok: true, seconds };
  const afterSeconds = Math.min(...lives.filter((life) => life !== true));
  return { ok: false, seconds, cut, afterSeconds };
}

/** True if the heartbeat, or the poll's empty answer, comes after the silence; else the second at which it was over. */
function endured(api, rttMs, transport, seconds) {
  return new Promise((resolve) => {
    let provenAt;
    const life = () => Math.round((performance.now() - (provenAt ?? performance.now())) / 1000);
    const settle = (value) => {
      clearTimeout(timer);
      connection.close();
      resolve(value);
    };
    const heard = () => provenAt && life() >= seconds - 1 && settle(true);
    const plan = { transport, heartbeat: seconds };
    const connection = open(api, rttMs, plan, {
      proven: () => {
        provenAt = performance.now();
      },
      activity: heard,
      ended: () => settle(life()),
    }, { pollHoldSeconds: seconds });
    const timer = setTimeout(() => settle(life()), seconds * 1000 + 2 * silenceGraceMs);
  });
}
