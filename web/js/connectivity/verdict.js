// From what was found to what it means: pure.

import { knowledge, symptomOf } from './knowledge.js';

/** Causes for which the client asks for a stream by POST, with padding. */
export const heldBack = ['held', 'silent'];

const slowMs = 1_000;
const flushMs = 30; // after which the server pushes an event out, where that is asked for
const lingerMs = 10; // by which a poll's answer waits for more

const transportWords = { websocket: 'WebSocket', sse: 'an event stream', poll: 'long polling' };
const sizeWords = { url: 'addresses', header: 'headers', body: 'messages' };
const streamWords = { websocket: 'WebSocket', sse: 'event streams', poll: 'long polls' };

/**
 * What a result means: {level, headline, transport, arrivesMs, sentences, causes}.
 * - level: good (everything gets through), limited (something does not, messages do), bad, unknown (not tested)
 * - causes: [{symptom, says, mend, remedies: [{product, change}]}], the gravest first
 */
export function verdictOf(result) {
  const symptoms = symptomsOf(result);
  const causes = symptoms.map((one) => explain(one, result.products));
  const transport = transportOf(result.steps);
  const arrivesMs = transport ? arrivalOf(transport, result.steps) : undefined;
  const busy = Object.values(result.steps).some(({ cause }) => cause === 'busy');
  const level = levelOf(result, causes, transport, busy);
  const sentences = [...causes.map(({ says }) => says), ...outcome(result, transport, arrivesMs, busy)];
  return { level, headline: headlines[level], transport, arrivesMs, sentences, causes };
}

const headlines = {
  good: 'Everything gets through',
  limited: 'It works, with something in the way',
  bad: 'Messages do not get through',
  unknown: 'Not everything could be tested',
};

function levelOf({ steps }, causes, transport, busy) {
  if (steps.reach && !steps.reach.ok) return 'bad';
  if (!transport) return steps.poll && !busy ? 'bad' : 'unknown';
  return causes.length === 0 && !busy ? 'good' : 'limited';
}

function outcome({ steps, account }, transport, arrivesMs, busy) {
  if (steps.reach && !steps.reach.ok) return [];
  if (busy) return ['The server had too much to do for all of the tests: try again in a minute.'];
  if (transport) {
    return [`Fairlead uses ${transportWords[transport]}; messages arrive ${arrivalWords(arrivesMs)}.`];
  }
  if (!account) return ['Whether streams get through can be tested only when you are signed in.'];
  return steps.poll ? ['No way to receive messages works here.'] : [];
}

// ---- what there is

/** [{symptom, value}] in the order in which they are told. */
function symptomsOf({ steps }) {
  const found = [];
  const add = (symptom, value) => found.push({ symptom, value });
  const { reach, http, headers, methods, cache, sizes, silence } = steps;
  if (reach && !reach.ok) add('unreachable');
  for (const name of ['websocket', 'sse', 'poll']) {
    const step = steps[name];
    const symptom = step && !step.ok && symptomOf[name][step.cause];
    if (symptom) add(symptom);
  }
  if (cache && !cache.ok) add('cached');
  if (methods && !methods.ok) add('method_refused', methods.lost?.join(', '));
  if (headers && !headers.ok) add('header_lost', headers.lost?.join(', '));
  if (sizes && !sizes.ok) add('size_limit', sizes.lost?.map((size) => sizeWords[size]).join(', '));
  if (http?.server === '1.0') add('http10');
  if (silence && !silence.ok) add('idle_cut', silenceWords(silence));
  if (reach?.ms >= slowMs) add('slow', secondsWords(reach.ms));
  return found;
}

/** What brings the events here, by the client's own rules; undefined if nothing does, or nothing was tested. */
function transportOf({ websocket, sse, post, helped, poll }) {
  if (websocket?.ok) return 'websocket';
  // What is held back is asked for by POST with padding, what is behind with comments that push.
  const postHelps = heldBack.includes(sse?.cause) && post?.ok;
  if (sse?.ok || postHelps || helped?.ok) return 'sse';
  return poll?.ok ? 'poll' : undefined;
}

/** About how long a message takes from the server to here. */
function arrivalOf(transport, { reach, websocket, sse, post, helped, poll }) {
  const oneWay = (reach?.ms ?? 0) / 2;
  if (transport === 'websocket') return (websocket.ms ?? 0) / 2;
  if (transport === 'poll') return (poll.ms ?? reach?.ms ?? 0) + lingerMs;
  const stream = [sse, helped, post].find((step) => step?.ok);
  return oneWay + (stream.lagMs ?? 0) + (helped?.by === 'flush' ? flushMs : 0);
}

function explain({ symptom, value = '' }, products) {
  const { says, mend, with: by } = knowledge[symptom];
  const fill = (text) => text.replaceAll('{value}', value);
  const named = products.filter((product) => Object.hasOwn(by, product));
  const tell = Object.hasOwn(by, 'nginx') ? [...named, 'nginx'] : named;
  const remedies = tell.map((product) => ({ product, change: by[product] }));
  return { symptom, says: fill(says), mend: fill(mend), remedies };
}

// ---- words

export function arrivalWords(ms) {
  return ms < 100 ? 'at once' : `in about ${secondsWords(ms)}`;
}

const secondsWords = (ms) => `${(ms / 1000).toFixed(1)} s`;

function silenceWords({ cut = [], afterSeconds }) {
  return `${cut.map((one) => streamWords[one]).join(', ')} after ${afterSeconds ?? '?'} s`;
}
