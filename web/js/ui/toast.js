// A sentence about something that did not work, away from where it was asked for.

import { $, setText } from './dom.js';

const shownMs = 8_000;
let timer = null;

export function toast(words) {
  setText($('toast-text'), words);
  $('toast').hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hideToast, shownMs);
}

export function hideToast() {
  $('toast').hidden = true;
  setText($('toast-text'), '');
}
