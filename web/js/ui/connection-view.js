// How this page is connected, in plain words, and the switch that forces a transport.

import { modeKey } from '../chat/chat.js';
import { $, h, setNote, setText } from './dom.js';

const names = { websocket: 'WebSocket', sse: 'server-sent events', poll: 'long poll' };
const shortNames = { websocket: 'WebSocket', sse: 'SSE', poll: 'Long poll' };
const waitingWords = {
  restarting: 'The server is restarting',
  busy: 'The server has too much to do',
  outage: 'The server cannot be reached',
  blocked: 'This way to connect does not work on this network',
  lost: 'The connection was lost',
};

export class ConnectionView {
  #chat;
  #ticking = null;

  constructor({ chat, signal }) {
    this.#chat = chat;
    $('connection-toggle').addEventListener('click', () => this.#toggle(), { signal });
    $('connection-panel').addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      this.#toggle();
      $('connection-toggle').focus();
    }, { signal });
    for (const radio of this.#radios()) {
      radio.addEventListener('change', () => chat.setMode(radio.value), { signal });
    }
    for (const type of ['online', 'offline']) {
      globalThis.addEventListener(type, () => this.render(), { signal });
    }
    globalThis.addEventListener('storage', ({ key, newValue }) => {
      if (key === modeKey && newValue) chat.followMode(newValue);
    }, { signal });
    chat.addEventListener('status', () => this.render(), { signal });
    signal.addEventListener('abort', () => clearInterval(this.#ticking));
  }

  #radios() {
    return document.querySelectorAll('input[name="transport"]');
  }

  #toggle() {
    const panel = $('connection-panel');
    panel.hidden = !panel.hidden;
    $('connection-toggle').setAttribute('aria-expanded', String(!panel.hidden));
    this.render();
  }

  render() {
    const { status } = this.#chat;
    const view = describe(status);
    $('connection-toggle').dataset.state = view.light;
    $('connection-toggle').dataset.transport = status.state === 'live' ? status.transport : '';
    this.#summary(view.summary);
    setText($('connection-words'), view.words);
    setNote($('connection-banner'), view.light === 'off' ? view.words : '');
    if ($('announce-connection').dataset.light !== view.light) {
      $('announce-connection').dataset.light = view.light;
      setText($('announce-connection'), view.light === 'live' ? 'Connected' : view.words);
    }
    for (const radio of this.#radios()) radio.checked = radio.value === status.mode;
    this.#facts(status);
    this.#tick(status);
  }

  /** [text, ...]: what is not the middle one of three gives way on a narrow page. */
  #summary(parts) {
    const summary = $('connection-summary');
    if (summary.textContent === parts.join('')) return;
    const extra = (index) => (parts.length === 3 && index !== 1 ? 'extra' : undefined);
    summary.replaceChildren(...parts.map((part, index) => h('span', { class: extra(index) }, part)));
  }

  /** While waiting, the words count the seconds down. */
  #tick({ state }) {
    clearInterval(this.#ticking);
    if (state === 'waiting') this.#ticking = setInterval(() => this.render(), 1_000);
  }

  #facts(status) {
    if ($('connection-panel').hidden) return;
    const facts = [
      ['Round trip', status.latencyMs === undefined ? '–' : `${status.latencyMs} ms`],
      ['Heartbeat', status.heartbeatSeconds ? `every ${status.heartbeatSeconds} s` : '–'],
      ['Connection', status.shared ? 'that of another tab' : 'this tab’s own'],
      ['Server', status.node ?? '–'],
      ['Session', status.session ?? '–'],
    ];
    $('connection-facts').replaceChildren(
      ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    );
  }
}

function describe(status) {
  const { state, transport, latencyMs } = status;
  if (state === 'live') {
    return {
      light: 'live',
      summary: ['Live · ', shortNames[transport], ` · ${latencyMs} ms`],
      words: `Connected over ${names[transport]}. New messages arrive at once.${standsInFor(status)}`,
    };
  }
  if (!navigator.onLine) {
    return {
      light: 'off',
      summary: ['Offline'],
      words: 'This device is offline. What you write is kept and sent when it is back.',
    };
  }
  if (state === 'waiting') {
    const seconds = Math.max(1, Math.ceil((status.retryAt - Date.now()) / 1000));
    return {
      light: 'off',
      summary: [`Reconnecting in ${seconds} s`],
      words: `${waitingWords[status.why]}. Trying again in ${seconds} s; ` +
        'what you write is kept and sent then.',
    };
  }
  if (state === 'connecting' || state === 'reset') {
    return { light: 'connecting', summary: ['Connecting…'], words: 'Connecting…' };
  }
  return { light: 'off', summary: ['Not connected'], words: 'Not connected.' };
}

/** Why it is not another transport, if there is a reason. */
function standsInFor({ mode, transport, fellBackFrom }) {
  if (Object.hasOwn(names, mode) && mode !== transport) return ` ${capital(names[mode])} has not got through so far.`;
  return fellBackFrom ? ` This network does not let ${names[fellBackFrom]} through.` : '';
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);
