// Times, names and counts in words.

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

export const timeOf = (date) => time.format(date);

/** Without am and pm, for where there is little room. */
export const shortTimeOf = (date) =>
  time
    .formatToParts(date)
    .filter(({ type }) => ['hour', 'minute'].includes(type))
    .map(({ value }) => value)
    .join(':');

export const fullTimeOf = (date) => full.format(date);

/** Today, Yesterday, Monday 3 March, 3 March 2025. */
export function dayOf(date, now = new Date()) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? day : dayOfYear).format(date);
}

/** A moment to come: 14:30, tomorrow 14:30, Monday 3 March 14:30. */
export function untilOf(date, now = new Date()) {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  if (date.toDateString() === now.toDateString()) return timeOf(date);
  if (date.toDateString() === tomorrow.toDateString()) return `tomorrow ${timeOf(date)}`;
  return `${dayOf(date, now)} ${timeOf(date)}`;
}

/** A span: 30 s, 5 min, 1 h 30 min. */
export function spanOf(seconds) {
  const parts = [[Math.floor(seconds / 3600), 'h'], [Math.floor((seconds % 3600) / 60), 'min'], [seconds % 60, 's']];
  return parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** "Ann", "Ann and Bob", "Ann, Bob and 3 others". */
export function listOf(names) {
  if (names.length <= 2) return names.join(' and ');
  if (names.length === 3) return `${names[0]}, ${names[1]} and ${names[2]}`;
  return `${names[0]}, ${names[1]} and ${names.length - 2} others`;
}

export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** One or two letters for the picture of someone who has none. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0]);
  return (letters.join('') || '?').toUpperCase();
}

export const hues = 10; // as many .hue-N classes as style.css has

/** The same colour for the same person, always. */
export function hueOf(id) {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return hash % hues;
}
