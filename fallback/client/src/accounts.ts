import { systemClock } from './clock.js';
import { Api } from './http.js';
import type { User } from './types.js';

/** Who one is, and the token that shows it. */
export interface SignedIn {
  user: User;
  token: string;
  expires_at: string;
}

/** Where, and who. `url` as in ClientOptions. */
export interface Credentials {
  url?: string;
  name: string;
  password: string;
}

/** A token for a user. Rejects with ProblemError (`bad_credentials`) or NetworkError. */
export function signIn({ url = '', name, password }: Credentials): Promise<SignedIn> {
  return anonymous(url).request('POST', '/api/v1/sessions', { body: { name, password } });
}

/** A new user. Rejects with ProblemError (`name_taken`, or 422 with `fields`) or NetworkError. */
export function signUp(who: Credentials & { displayName?: string }): Promise<SignedIn> {
  const { url = '', name, password, displayName } = who;
  const body = { name, password, ...(displayName ? { display_name: displayName } : {}) };
  return anonymous(url).request('POST', '/api/v1/users', { body });
}

function anonymous(url: string): Api {
  return new Api(url.replace(/\/+$/, ''), '', globalThis.fetch, systemClock);
}
