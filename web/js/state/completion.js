// Completing `@na` to someone's name while it is written. Pure.

const candidatesMax = 8;
// As the server finds mentions: not inside a word, of the characters that names are made of.
const begun = /(?<![A-Za-z0-9_])@([A-Za-z0-9_.-]*)$/;

/** The mention that is being written at the caret: {start, query}, else null. */
export function mentionAt(text, caret) {
  const found = begun.exec(text.slice(0, caret));
  if (!found || /^[A-Za-z0-9_]/.test(text.slice(caret))) return null;
  return { start: found.index, query: found[1].toLowerCase() };
}

/** Whom that may mean: user names that begin so, then names or words of names. At most eight; none if it is written out. */
export function candidates(users, query) {
  const rank = ({ name, display_name: shown }) => {
    if (name.startsWith(query)) return 0;
    return shown.toLowerCase().split(/\s+/).some((word) => word.startsWith(query)) ? 1 : 2;
  };
  const found = [...users]
    .filter((user) => rank(user) < 2)
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .slice(0, candidatesMax);
  return found.length === 1 && found[0].name === query ? [] : found;
}

/** Puts the name in, and a blank after it: {text, caret}. */
export function complete(text, start, caret, name) {
  const before = `${text.slice(0, start)}@${name} `;
  const after = text.slice(caret).replace(/^ /, '');
  return { text: before + after, caret: before.length };
}
