// Starts the page: signed in or not, and from one to the other.

import { Backoff } from 'fairlead-client/backoff';
import { Api, isSignedOut } from './api.js';
import { Chat } from './chat/chat.js';
import * as storage from './storage.js';
import { AuthView } from './ui/auth-view.js';
import { ChatView } from './ui/chat-view.js';
import { confirm } from './ui/confirm.js';
import { $, setNote } from './ui/dom.js';
import { plural } from './ui/format.js';
import { themeButton } from './ui/theme-button.js';
import { happened } from './words.js';

const retryMinMs = 500;
const retryMaxMs = 15_000;
const endedWords = 'Your session has ended. Please sign in again.';

const api = new Api({ onUnauthorized: () => leave(endedWords) });
const auth = new AuthView({ api, onSignedIn: ({ token }) => enter(token) });
let chat = null;
let view = null;
let entering = 0;

async function enter(token) {
  const attempt = (entering += 1);
  api.token = token;
  storage.save(storage.tokenKey, token);
  auth.hide();
  const backoff = new Backoff(retryMinMs, retryMaxMs, Math.random);
  for (;;) {
    chat = new Chat({
      api,
      isSeen: (roomId) => view?.isSeen(roomId) ?? false,
      isReadBack: (roomId) => view?.isReadBack(roomId) ?? false,
      onEnded: () => leave(endedWords),
    });
    try {
      await chat.start();
      break;
    } catch (error) {
      if (attempt !== entering || isSignedOut(error)) return; // leave() has said so
      setNote($('boot'), `${happened(error)} Trying again…`);
      await new Promise((resolve) => setTimeout(resolve, retryMinMs + backoff.next()));
      if (attempt !== entering) return;
    }
  }
  setNote($('boot'), '');
  view = new ChatView({ chat, onSignOut: signOut });
  await view.show();
}

function leave(notice) {
  entering += 1;
  chat?.stop();
  view?.hide();
  chat = null;
  view = null;
  api.token = null;
  storage.remove(storage.tokenKey);
  setNote($('boot'), '');
  auth.show(notice);
}

async function signOut() {
  const unsent = chat.unsent().length;
  if (unsent > 0 && !(await confirm({
    title: 'Sign out?',
    text: `${plural(unsent, 'message has', 'messages have')} not been sent. Signing out discards ${unsent > 1 ? 'them' : 'it'}.`,
    yes: 'Discard and sign out',
  }))) return;
  const leaving = chat;
  leaving.discardAll();
  leaving.stop();
  try {
    await api.signOut();
  } catch {
    // The token is forgotten here all the same; unreachable, the server lets it run out.
  }
  leave();
}

themeButton();
const token = storage.load(storage.tokenKey);
if (token) enter(token);
else auth.show();

// Signed out, or in as someone else, in another tab.
globalThis.addEventListener('storage', ({ key, newValue }) => {
  if (key === storage.tokenKey && newValue !== api.token) location.reload();
});
