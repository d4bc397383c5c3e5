// Shows a result while it grows, and one that came in a link.

import { $, h, setNote, setText } from '../ui/dom.js';
import { products } from './products.js';
import { steps } from './result.js';
import { verdictOf } from './verdict.js';
import { namesOf, titleOf, wordsOf } from './words.js';

const signs = { ok: '✓', bad: '✕', running: '…', waiting: '', skipped: '–' };
const spoken = { ok: 'well', bad: 'not well', running: 'under way', waiting: 'not yet', skipped: 'not tried' };
const levelSigns = { good: '✓', limited: '!', bad: '✕', unknown: '?', running: '…' };
const onRequest = ['helped', 'silence']; // shown when there is something to show

/** The list of steps; `running` is the name of the one under way, `isOver` says that no other one follows. */
export function showSteps(result, { running = null, isOver = false } = {}) {
  const names = Object.keys(steps).filter(
    (name) => !onRequest.includes(name) || result.steps[name] || name === running,
  );
  $('steps').replaceChildren(...names.map((name) => stepRow(name, stateOf(result, name, running, isOver), result.steps[name])));
  const others = namesOf(result);
  setNote($('names'), others.length > 0 ? `On the way, by its own words: ${others.join(', ')}.` : '');
}

function stateOf(result, name, running, isOver) {
  if (name === running) return 'running';
  const step = result.steps[name];
  if (step) return step.ok ? 'ok' : 'bad';
  return isOver ? 'skipped' : 'waiting';
}

function stepRow(name, state, step) {
  const found = step && state !== 'running' ? wordsOf(name, step) : '';
  return h('li', { 'data-step': name, 'data-state': state },
    h('span', { class: 'sign', 'aria-hidden': 'true' }, signs[state]),
    h('span', {}, titleOf(name), h('span', { class: 'visually-hidden' }, `: ${spoken[state]}`)),
    h('span', { class: 'found' }, found));
}

/** While the test runs. */
export function showRunning(words) {
  showLevel('running');
  setText($('headline'), 'Testing your connection…');
  setText($('sentences'), words);
  for (const id of ['mend', 'share']) $(id).hidden = true;
}

/** What it all means, and what to change. */
export function showVerdict(result) {
  const verdict = verdictOf(result);
  showLevel(verdict.level);
  setText($('headline'), verdict.headline);
  setText($('sentences'), verdict.sentences.join(' '));
  $('mend').hidden = verdict.causes.length === 0;
  $('causes').replaceChildren(...verdict.causes.map(causeRow));
}

function showLevel(level) {
  $('verdict').dataset.level = level;
  setText($('sign'), levelSigns[level]);
}

function causeRow({ symptom, says, mend, remedies }) {
  const rows = remedies.flatMap(({ product, change }) => [
    h('dt', {}, products[product] ?? 'nginx'),
    h('dd', {}, h('code', {}, change)),
  ]);
  return h('li', { 'data-symptom': symptom }, h('h3', {}, says), h('p', {}, mend), h('dl', {}, rows));
}
