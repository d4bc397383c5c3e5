// Asks before something that cannot be taken back.

import { $, setNote, setText } from './dom.js';

/** Resolves to whether the person wants it. @param quote what it is about, in its author's words */
export function confirm({ title, text, quote, yes }) {
  const dialog = $('confirm-dialog');
  setText($('confirm-title'), title);
  setText($('confirm-text'), text);
  setNote($('confirm-quote'), quote);
  setText($('confirm-yes'), yes);
  dialog.showModal();
  $('confirm-no').focus();
  return new Promise((resolve) => {
    const over = new AbortController();
    const { signal } = over;
    const answer = (value) => {
      over.abort();
      if (dialog.open) dialog.close();
      resolve(value);
    };
    $('confirm-yes').addEventListener('click', () => answer(true), { signal });
    $('confirm-no').addEventListener('click', () => answer(false), { signal });
    dialog.addEventListener('close', () => answer(false), { signal });
  });
}
