// What each step is called, what it says of what it found, and a whole result as plain text.

import { products } from './products.js';
import { verdictOf } from './verdict.js';

const causeWords = {
  refused: 'refused',
  silent: 'silence',
  held: 'held back: nothing came in time',
  behind: 'one event behind',
  one_way: 'what this browser says does not arrive',
  closed: 'closed before a word came',
  cut: 'cut',
  gap: 'something got lost',
  busy: 'the server had too much to do',
};
const protocolWords = { 'http/1.0': 'HTTP/1.0', 'http/1.1': 'HTTP/1.1', h2: 'HTTP/2', h3: 'HTTP/3' };

/** Step → [its title, what it says if it is well, else (if the client's causes do not say it)]. */
const words = {
  reach: ['The server answers', ({ ms }) => `in ${ms} ms`, () => 'it does not'],
  http: ['HTTP', httpWords, httpWords],
  headers: ['Headers arrive', () => 'all of them', lost],
  methods: ['All methods arrive', () => 'PUT, PATCH, DELETE, too', lost],
  cache: ['No cache in the way', () => 'two requests, two answers', () => 'two requests, one answer'],
  sizes: ['Long requests arrive', () => 'address 2 KB, header 4 KB, message 60 KB', lost],
  websocket: ['WebSocket', ({ ms }) => `a word and its answer in ${ms} ms`],
  sse: ['Event stream', streamWords],
  post: ['Event stream by POST', streamWords],
  helped: ['Event stream, with help', (step) => `${helpWords[step.by]}: ${streamWords(step)}`],
  poll: ['Long poll', ({ ms, heldMs }) => `answered in ${ms} ms, held for ${seconds(heldMs ?? 0)}`],
  silence: ['Silence', (step) => `${step.seconds} s of it are endured`, silenceWords],
};

const helpWords = { padding: 'with 16 KB of padding', flush: 'with comments that push' };

export const titleOf = (name) => words[name][0];

/** What a step found, in a few words. */
export function wordsOf(name, step) {
  const [, well, ill] = words[name];
  if (step.ok) return well(step);
  return ill ? ill(step) : (causeWords[step.cause] ?? 'it does not work');
}

function httpWords({ browser, server, tls }) {
  const from = protocolWords[browser] ?? 'HTTP';
  return `${from}${tls ? ' over TLS' : ', without TLS'}${server === '1.0' ? '; the server is asked in HTTP/1.0' : ''}`;
}

function lost({ lost: what = [] }) {
  return `lost: ${what.join(', ')}`;
}

function streamWords({ ms, lagMs }) {
  return `events come ${lagMs >= 100 ? `${seconds(lagMs)} late` : 'at once'}, answers take ${ms} ms`;
}

function silenceWords({ cut = [], afterSeconds }) {
  return `${cut.map(titleOf).join(', ')} cut after ${afterSeconds} s`;
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** The names of those who stand on the way, as far as they say. */
export const namesOf = (result) => result.products.map((name) => products[name]);

/** All of it as text, for a mail or a ticket. `where` is the page's address, `link` the one that shows this result. */
export function textOf(result, { where, link }) {
  const { headline, sentences, causes } = verdictOf(result);
  const names = namesOf(result);
  const lines = [
    `Fairlead connection test of ${where}, ${new Date(result.at * 1000).toISOString()}`,
    '',
    `${headline}. ${sentences.join(' ')}`,
    '',
    ...Object.entries(result.steps).map(([name, step]) =>
      `${step.ok ? 'ok  ' : 'BAD '} ${titleOf(name)}: ${wordsOf(name, step)}`),
  ];
  if (names.length > 0) lines.push('', `On the way: ${names.join(', ')}`);
  if (causes.length > 0) lines.push('', 'To change:');
  for (const { symptom, mend, remedies } of causes) {
    lines.push(`- ${symptom}: ${mend}`);
    for (const { product, change } of remedies) lines.push(`    ${products[product] ?? 'nginx'}: ${change}`);
  }
  return [...lines, '', link, ''].join('\n');
}
