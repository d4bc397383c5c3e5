// localStorage that never throws: private windows and full disks fall back to memory.

/** Where the token of whoever is signed in is kept. */
export const tokenKey = 'fairlead.token';

const memory = new Map();

export function load(key) {
  try {
    return localStorage.getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

export function save(key, value) {
  memory.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // kept in memory: it lasts as long as this page
  }
}

export function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // it was only in memory
  }
}

/** Removes everything whose key begins so. */
export function removeAll(prefix) {
  for (const key of memory.keys()) if (key.startsWith(prefix)) memory.delete(key);
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  } catch {
    // there is none
  }
}
