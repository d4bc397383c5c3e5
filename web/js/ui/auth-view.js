// Sign in and sign up.

import { explain } from '../words.js';
import { $, setNote, setText } from './dom.js';

export class AuthView {
  #api;
  #onSignedIn;
  #signingUp = false;

  /** @param onSignedIn called with the server's {user, token, expires_at} */
  constructor({ api, onSignedIn }) {
    this.#api = api;
    this.#onSignedIn = onSignedIn;
    $('choose-sign-in').addEventListener('click', () => this.#choose(false));
    $('choose-sign-up').addEventListener('click', () => this.#choose(true));
    $('auth-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  show(notice) {
    $('auth').hidden = false;
    setNote($('auth-notice'), notice);
    this.#choose(false);
    $('auth-name').focus();
  }

  hide() {
    $('auth').hidden = true;
    $('auth-form').reset();
  }

  #choose(signingUp) {
    this.#signingUp = signingUp;
    $('choose-sign-in').setAttribute('aria-pressed', String(!signingUp));
    $('choose-sign-up').setAttribute('aria-pressed', String(signingUp));
    $('auth-display-field').hidden = !signingUp;
    $('auth-name-help').hidden = !signingUp;
    $('auth-password').autocomplete = signingUp ? 'new-password' : 'current-password';
    setText($('auth-submit'), signingUp ? 'Create account' : 'Sign in');
    this.#showErrors(null, {});
  }

  async #submit() {
    const name = $('auth-name').value.trim();
    const password = $('auth-password').value;
    const missing = {};
    if (!name) missing.name = 'Please enter your user name.';
    if (!password) missing.password = 'Please enter your password.';
    this.#showErrors(null, missing);
    if (Object.keys(missing).length > 0) return;

    $('auth-submit').disabled = true;
    try {
      const answer = this.#signingUp
        ? await this.#api.signUp(name, password, $('auth-display').value.trim())
        : await this.#api.signIn(name, password);
      this.#onSignedIn(answer);
    } catch (error) {
      this.#showErrors(explainSignIn(error), error.fields ?? {});
    } finally {
      $('auth-submit').disabled = false;
    }
  }

  #showErrors(message, fields) {
    const known = { name: 'auth-name', display_name: 'auth-display', password: 'auth-password' };
    let first = null;
    for (const [field, id] of Object.entries(known)) {
      setNote($(`${id}-error`), fields[field]);
      $(id).toggleAttribute('aria-invalid', Boolean(fields[field]));
      if (fields[field]) {
        $(id).setAttribute('aria-invalid', 'true');
        first ??= $(id);
      }
    }
    setNote($('auth-error'), first ? '' : message);
    first?.focus();
  }
}

function explainSignIn(error) {
  if (error.code === 'bad_credentials') return 'This user name and password do not match.';
  if (error.code === 'name_taken') return 'This user name is taken. Choose another one.';
  return explain(error);
}
