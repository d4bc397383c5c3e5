/** Somewhere to keep short texts. localStorage fits behind it; so does anything else. */
export interface Store {
  get(key: string): string | null;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
}

/** Keeps things for the life of the process. */
export function memoryStore(): Store {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: () => [...values.keys()],
  };
}

/** The page's localStorage; memory where there is none, or where the user forbids it. */
export function defaultStore(): Store {
  try {
    const storage = globalThis.localStorage;
    if (typeof storage?.getItem !== 'function') return memoryStore();
    storage.getItem('fairlead');
    return {
      get: (key) => storage.getItem(key),
      set: (key, value) => {
        try {
          storage.setItem(key, value);
        } catch {
          // Full: what is kept here may be lost with the page, but the page goes on.
        }
      },
      remove: (key) => storage.removeItem(key),
      keys: () => Object.keys(storage),
    };
  } catch {
    return memoryStore();
  }
}

/** JSON of a stored text; undefined if it is none. */
export function parseStored(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
