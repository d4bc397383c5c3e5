// What a person wrote, as parts: plain text, links, mentions. All parts together are the text, unchanged.

import { h } from './dom.js';

const names = '[A-Za-z0-9_.-]';
// A link ends at a blank, at quotes, and at characters that would turn its direction.
const pattern = new RegExp(
  `\\bhttps?://[^\\s<>"\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+|(?<![A-Za-z0-9_])@${names}{2,}`,
  'gi',
);
const closing = { ')': '(', ']': '[', '}': '{' };

/**
 * [{kind: 'text'|'link'|'mention', text, …}]; a link has `href`, a mention `me`. Pure.
 * @param userNamed (name) => the id of someone who can be mentioned
 */
export function partsOf(text, { mentions = [], me, userNamed = () => undefined } = {}) {
  const parts = [];
  let end = 0;
  const add = (part) => {
    if (part.text) parts.push(part);
    end += part.text.length;
  };
  for (const { 0: found, index } of text.matchAll(pattern)) {
    const part = found.startsWith('@') ? mentionOf(found, mentions, userNamed) : linkOf(found);
    if (!part || index < end) continue;
    add({ kind: 'text', text: text.slice(end, index) });
    add(part.kind === 'mention' ? { ...part, me: part.id === me } : part);
  }
  add({ kind: 'text', text: text.slice(end) });
  return parts;
}

/** The name as it stands, else without the dots and dashes at its end, which may be the sentence's. */
function mentionOf(found, mentions, userNamed) {
  for (const text of [found, found.replace(/[.-]+$/, '')]) {
    const id = userNamed(text.slice(1).toLowerCase());
    if (id && mentions.includes(id)) return { kind: 'mention', text, id };
  }
  return null;
}

function linkOf(found) {
  let text = found;
  for (;;) {
    const last = text.at(-1);
    const unopened = closing[last] && text.split(last).length > text.split(closing[last]).length;
    if (!unopened && !/[.,:;!?'…*_~]/.test(last)) break;
    text = text.slice(0, -1);
  }
  if (!URL.canParse(text)) return null;
  return { kind: 'link', text, href: new URL(text).href };
}

/** The same as nodes. */
export function nodesOf(parts) {
  return parts.map(({ kind, text, href, me }) => {
    if (kind === 'link') return h('a', { href, title: href, target: '_blank', rel: 'noopener noreferrer nofollow' }, text);
    if (kind === 'mention') return h('span', { class: me ? 'mention own' : 'mention' }, text);
    return text;
  });
}

/** A snippet of the search as nodes: `marks` are [offset, length] in characters of what was found. */
export function markedNodes(snippet, marks) {
  return markedParts(snippet, marks).map(({ text, marked }) => (marked ? h('mark', {}, text) : text));
}

/** [{text, marked}]. Pure. */
export function markedParts(snippet, marks) {
  const characters = [...snippet];
  const parts = [];
  let end = 0;
  const add = (from, to, marked) => {
    if (to > from) parts.push({ text: characters.slice(from, to).join(''), marked });
    end = Math.max(end, to);
  };
  for (const [offset, length] of marks) {
    add(end, offset, false);
    add(Math.max(end, offset), offset + length, true);
  }
  add(end, characters.length, false);
  return parts;
}
