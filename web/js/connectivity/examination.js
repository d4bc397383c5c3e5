// Runs the steps one after the other, so that none stands in another's way, and tells of each.

import { systemClock } from 'fairlead-client/clock';
import { Api } from 'fairlead-client/http';
import * as requests from './requests.js';
import { emptyResult, streams as transports } from './result.js';
import * as streams from './streams.js';
import { heldBack } from './verdict.js';

/** One visitor's test of their own path. `token` is null for who is not signed in: then no stream is tried. */
export class Examination {
  result;
  #api;
  #onStart;
  #onStep;

  /**
   * @param onStart called with a step's name before it is tried
   * @param onStep  called with its name when `result` has it
   */
  constructor({ token, onStart, onStep }) {
    this.#api = new Api('', token ?? '', globalThis.fetch, systemClock);
    this.#onStart = onStart;
    this.#onStep = onStep;
    this.result = emptyResult(Math.floor(Date.now() / 1000), Boolean(token));
  }

  /** Resolves when all that can be tried was tried. */
  async run() {
    const api = this.#api;
    const { steps } = this.result;
    await this.#step('reach', () => requests.reach(api));
    if (!steps.reach.ok) return;
    await this.#echo();
    await this.#step('methods', () => requests.methods(api));
    await this.#step('cache', () => requests.cache(api));
    await this.#step('sizes', () => requests.sizes(api));
    if (this.result.account) await this.#streams();
  }

  async #echo() {
    this.#onStart('http');
    const { http, headers, products } = await requests.echo(this.#api);
    this.result.products = products;
    this.#keep('http', http);
    this.#keep('headers', headers);
  }

  async #streams() {
    const api = this.#api;
    const { steps } = this.result;
    const rttMs = steps.reach.ms;
    for (const name of ['websocket', 'sse', 'post']) {
      await this.#step(name, () => streams[name](api, rttMs));
      if (!this.result.account) return;
    }
    const { sse, post } = steps;
    const isHeld = heldBack.includes(sse.cause) && !post.ok;
    if (isHeld || sse.cause === 'behind') {
      await this.#step('helped', () => streams.helped(api, rttMs, sse.cause));
    }
    await this.#step('poll', () => streams.poll(api, rttMs));
  }

  /** The long one: what works is left silent for so many seconds. */
  async silence(seconds) {
    const { steps } = this.result;
    const names = transports.filter((name) => steps[name]?.ok);
    delete steps.silence;
    await this.#step('silence', () => streams.silence(this.#api, steps.reach.ms, names, seconds));
  }

  async #step(name, probe) {
    this.#onStart(name);
    const step = await probe();
    if (step) this.#keep(name, step);
    else this.result.account = false; // the token is not taken (any more)
  }

  #keep(name, step) {
    this.result.steps[name] = step;
    this.#onStep(name);
  }
}
