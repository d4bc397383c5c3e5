/** 128 random bits in hex. crypto.randomUUID is only there in secure contexts; plain http on a LAN is none. */
export function randomWord(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A short name for a text that is not to be seen where the name is (FNV-1a, 2 x 32 bits). Not a secret's guard. */
export function shortHash(text: string): string {
  const half = (seed: number) => {
    let hash = seed;
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return (hash >>> 0).toString(36);
  };
  return half(0x811c9dc5) + half(0x01234567);
}
