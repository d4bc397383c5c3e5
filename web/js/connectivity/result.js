// What a test has found: its shape, and how it travels in a link. A link may come from anybody, so what
// comes out of it is numbers and words of the lists below, or nothing at all. No network and no DOM in here.

import { products } from './products.js';

const version = 1;
const lengthMax = 4_096; // characters of a link's fragment
const msMax = 600_000;
const atMax = 4_102_444_800; // the year 2100

/** Why a transport does not work: the client's words (docs/CLIENT.md), and `busy`, which is no network's fault. */
export const causes = ['refused', 'silent', 'held', 'behind', 'one_way', 'closed', 'cut', 'gap', 'busy'];
export const testedHeaders = ['authorization', 'last-event-id', 'x-fairlead-test'];
export const testedMethods = ['PUT', 'PATCH', 'DELETE'];
export const testedSizes = ['url', 'header', 'body'];
export const streams = ['websocket', 'sse', 'poll'];

const isFlag = (value) => typeof value === 'boolean';
const isMs = (value) => Number.isInteger(value) && value >= 0 && value <= msMax;
const isSeconds = (value) => Number.isInteger(value) && value >= 0 && value <= 3_600;
const isOneOf = (words) => (value) => typeof value === 'string' && words.includes(value);
const isSomeOf = (words) => (value) =>
  Array.isArray(value) && value.length <= words.length && new Set(value).size === value.length &&
  value.every(isOneOf(words));

const stream = { ok: isFlag, ms: isMs, lagMs: isMs, cause: isOneOf(causes) };

/** The steps in their order: name → field → what it may be. `ok` is always there, the others if they are known. */
export const steps = {
  reach: { ok: isFlag, ms: isMs },
  http: { ok: isFlag, browser: isOneOf(['http/1.0', 'http/1.1', 'h2', 'h3']), server: isOneOf(['1.0', '1.1']), tls: isFlag },
  headers: { ok: isFlag, lost: isSomeOf(testedHeaders) },
  methods: { ok: isFlag, lost: isSomeOf(testedMethods) },
  cache: { ok: isFlag },
  sizes: { ok: isFlag, lost: isSomeOf(testedSizes) },
  websocket: stream,
  sse: stream,
  post: stream,
  helped: { ...stream, by: isOneOf(['padding', 'flush']) },
  poll: { ...stream, heldMs: isMs },
  silence: { ok: isFlag, seconds: isSeconds, cut: isSomeOf(streams), afterSeconds: isSeconds },
};

/** A result without any step yet: {at, account, products, steps: {name: {ok, …}}}; `at` in seconds since 1970. */
export function emptyResult(at, account) {
  return { at, account, products: [], steps: {} };
}

/** The fragment of a link, without `#`. */
export function encode(result) {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: version, ...result }));
  const text = btoa(String.fromCharCode(...bytes));
  return `r=${text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** The result in a fragment; null if there is none, or if it is not one that `encode` could have made. */
export function decode(fragment) {
  if (fragment.length > lengthMax || !/^r=[A-Za-z0-9_-]+$/.test(fragment)) return null;
  try {
    const text = atob(fragment.slice(2).replaceAll('-', '+').replaceAll('_', '/'));
    return checked(JSON.parse(text));
  } catch {
    return null;
  }
}

function checked(value) {
  const top = {
    v: (is) => is === version,
    at: (is) => Number.isInteger(is) && is >= 0 && is <= atMax,
    account: isFlag,
    products: isSomeOf(Object.keys(products)),
    steps: isRecord,
  };
  if (!fits(value, top) || Object.keys(value).length !== Object.keys(top).length) return null;
  for (const [name, step] of Object.entries(value.steps)) {
    if (!Object.hasOwn(steps, name) || !fits(step, steps[name]) || !isFlag(step.ok)) return null;
  }
  const { v, ...result } = value;
  return result;
}

const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether it has no field but those of the shape, and each is as it must be. */
function fits(value, shape) {
  return isRecord(value) &&
    Object.entries(value).every(([name, field]) => Object.hasOwn(shape, name) && shape[name](field));
}
