// The connection test: runs it and shows it, or shows the one that came in the address.

import { Examination } from './connectivity/examination.js';
import { decode, encode } from './connectivity/result.js';
import { showRunning, showSteps, showVerdict } from './connectivity/view.js';
import { textOf } from './connectivity/words.js';
import * as storage from './storage.js';
import { $, setNote, setText } from './ui/dom.js';
import { themeButton } from './ui/theme-button.js';

const page = new URL(location.pathname, location.href).href;
let shown = null; // the result on the page
let examination = null; // by which it was made, if it was made here

async function test() {
  history.replaceState(null, '', location.pathname);
  setNote($('source'), '');
  examination = new Examination({
    token: storage.load(storage.tokenKey),
    onStart: (name) => showSteps(shown, { running: name }),
    onStep: () => showSteps(shown),
  });
  shown = examination.result;
  $('account').hidden = shown.account;
  $('silence').hidden = true;
  $('again').disabled = true;
  showSteps(shown);
  showRunning('This takes a few seconds, longer where something is in the way.');
  await examination.run();
  finish();
}

async function testSilence() {
  const seconds = Number($('silence-seconds').value);
  $('silence-start').disabled = true;
  $('again').disabled = true;
  const endAt = Date.now() + seconds * 1000;
  const count = () => {
    const left = Math.ceil((endAt - Date.now()) / 1000);
    setText($('countdown'), left > 0 ? `${left} s to go` : 'a moment…');
  };
  count();
  const ticking = setInterval(count, 1_000);
  await examination.silence(seconds);
  clearInterval(ticking);
  setText($('countdown'), '');
  $('silence-start').disabled = false;
  finish();
}

function finish() {
  $('account').hidden = shown.account;
  $('again').disabled = false;
  const streams = ['websocket', 'sse', 'poll'].some((name) => shown.steps[name]?.ok);
  $('silence').hidden = !examination || !streams;
  showSteps(shown, { isOver: true });
  showVerdict(shown);
  $('share').hidden = false;
  $('link').value = `${page}#${encode(shown)}`;
}

/** Shows what the address holds, if it holds anything. */
function showShared() {
  const fragment = location.hash.slice(1);
  if (!fragment) return false;
  const result = decode(fragment);
  if (!result) {
    setNote($('source'), 'This link holds no result; perhaps it was cut off. Your own connection is tested instead.');
    return false;
  }
  examination = null;
  shown = result;
  const when = new Date(result.at * 1000).toLocaleString();
  setNote($('source'), `This is what another browser found on ${when}. “Test again” tests yours.`);
  finish();
  $('account').hidden = true;
  return true;
}

/** Into the clipboard; where a page may not use that (plain http), from a field, by the old way. */
async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    $('share').append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    if (!done) words = 'The browser does not allow it: select the link above by hand.';
  }
  setText($('copied'), words);
}

$('again').addEventListener('click', test);
$('silence').addEventListener('submit', (event) => {
  event.preventDefault();
  testSilence();
});
$('link').addEventListener('focus', () => $('link').select());
$('copy-link').addEventListener('click', () => copy($('link').value, 'The link is copied.'));
$('copy-text').addEventListener('click', () =>
  copy(textOf(shown, { where: location.origin, link: $('link').value }), 'The text is copied.'));
globalThis.addEventListener('hashchange', () => location.reload());

themeButton();
if (!showShared()) {
  const notice = $('source').textContent;
  test();
  setNote($('source'), notice);
}
