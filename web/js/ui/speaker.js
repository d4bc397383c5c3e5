// Messages spoken by screen readers: each, while few come; a count, when many do.

import { announce } from './dom.js';

const gatherMs = 400;
const eachMax = 3;

export class Speaker {
  #region;
  #waiting = [];
  #timer = null;

  constructor(region) {
    this.#region = region;
  }

  say(text) {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#speak(), gatherMs);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#region.replaceChildren();
  }

  #speak() {
    this.#timer = null;
    for (const text of spoken(this.#waiting)) announce(this.#region, text);
    this.#waiting = [];
  }
}

/** What to say of messages that came together. Pure. */
export function spoken(texts) {
  return texts.length > eachMax ? [`${texts.length} new messages. The last one: ${texts.at(-1)}`] : texts;
}
