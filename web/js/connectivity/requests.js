// Probes that need no account: requests to the control and what becomes of them. Each resolves to what its step is
// (result.js), and never rejects.

import { productsIn } from './products.js';
import { testedHeaders, testedMethods, testedSizes } from './result.js';

const helloPath = '/rt/v1/hello';
const rounds = 5;
const timeoutMs = 10_000;
const urlBytes = 2_048; // what Fairlead's own requests need (docs/PROTOCOL.md), with room
const headerBytes = 4_000;
const bodyBytes = 60_000;

const unique = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;

/** The control's round trip, the middle one of five. */
export async function reach(api) {
  const times = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const sentAt = performance.now();
      await api.control(timeoutMs);
      times.push(Math.round(performance.now() - sentAt));
    }
  } catch {
    return { ok: false };
  }
  // The first may have had to open a connection.
  return { ok: true, ms: times.slice(1).sort((a, b) => a - b)[Math.floor((rounds - 1) / 2)] };
}

/** What the server saw of a request, and who has named itself: {headers, http, products}. */
export async function echo(api) {
  const path = `${helloPath}?t=${unique()}`;
  const token = api.token || 'none';
  const sent = Object.fromEntries(testedHeaders.map((name) => [name, name === 'authorization' ? `Bearer ${token}` : '1']));
  const response = await asked(api, path, { headers: sent });
  const answer = response && (await response.json().catch(() => null));
  if (!answer) return { headers: { ok: false }, http: { ok: false }, products: [] };
  const arrived = (Array.isArray(answer.headers) ? answer.headers : []).map((name) => String(name).toLowerCase());
  const lost = testedHeaders.filter((name) => !arrived.includes(name));
  return {
    headers: { ok: lost.length === 0, ...(lost.length > 0 ? { lost } : {}) },
    http: httpOf(path, answer.http_version),
    products: productsIn(response.headers, arrived),
  };
}

function httpOf(path, server) {
  const [entry] = performance.getEntriesByName(new URL(path, location.href).href);
  const browser = entry?.nextHopProtocol;
  return {
    ok: server !== '1.0',
    ...(['http/1.0', 'http/1.1', 'h2', 'h3'].includes(browser) ? { browser } : {}),
    ...(['1.0', '1.1'].includes(server) ? { server } : {}),
    tls: location.protocol === 'https:',
  };
}

/** Whether the server itself, or its nginx, refuses these: then they have arrived. */
export async function methods(api) {
  const lost = [];
  for (const method of testedMethods) {
    const response = await asked(api, `${helloPath}?t=${unique()}`, { method });
    if (!(await isOurs(response))) lost.push(method);
  }
  return lost.length > 0 ? { ok: false, lost } : { ok: true };
}

/** The same address twice: the server's time must differ. */
export async function cache(api) {
  const path = `${helloPath}?same=${unique()}`;
  const times = [];
  for (let round = 0; round < 2; round += 1) {
    const response = await asked(api, path);
    const answer = await response?.json().catch(() => null);
    times.push(answer?.server_time ?? `none ${round}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { ok: times[0] !== times[1] };
}

/** A long address, a long header and a long body, each by itself. */
export async function sizes(api) {
  const body = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
  const requests = {
    url: [`${helloPath}?t=${unique()}&pad=${'x'.repeat(urlBytes)}`],
    header: [`${helloPath}?t=${unique()}`, { headers: { 'X-Fairlead-Test': 'x'.repeat(headerBytes) } }],
    body: [`${helloPath}?t=${unique()}`, { ...body, body: JSON.stringify({ pad: 'x'.repeat(bodyBytes) }) }],
  };
  const lost = [];
  for (const size of testedSizes) {
    const response = await asked(api, ...requests[size]);
    const arrived = size === 'body' ? (await isOurs(response)) && response.status !== 413 : response?.ok;
    if (!arrived) lost.push(size);
  }
  return lost.length > 0 ? { ok: false, lost } : { ok: true };
}

/** The answer; undefined if there is none in time. */
async function asked(api, path, options = {}) {
  try {
    return await api.raw(path, { ...options, signal: AbortSignal.timeout(timeoutMs) });
  } catch {
    return undefined;
  }
}

/** Whether a refusal is Fairlead's own, and not somebody's page about it. */
async function isOurs(response) {
  const problem = await response?.json().catch(() => null);
  return typeof problem?.code === 'string' && typeof problem.request_id === 'string';
}
