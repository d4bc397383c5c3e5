// The few things that every view needs of the DOM. Text only ever enters the page through here, as
// text nodes: nothing that a person wrote is parsed as HTML.

export const $ = (id) => document.getElementById(id);

/** An element: h('li', {class: 'room', onclick: open}, 'text', otherElement). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const svg = 'http://www.w3.org/2000/svg';

/** One of the icons that index.html draws; it says nothing to those who hear the page. */
export function icon(name) {
  const drawn = document.createElementNS(svg, 'svg');
  drawn.setAttribute('class', 'drawn');
  drawn.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `#icon-${name}`);
  drawn.append(use);
  return drawn;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows `text` in an element that is hidden while there is none. */
export function setNote(element, text) {
  setText(element, text ?? '');
  element.hidden = !text;
}

/**
 * Makes the children of `parent` those of `items`, by key, in order. An element whose stamp has not
 * changed stays as it is, with its focus and selection; one that has keeps the focus if it had it.
 */
export function reconcile(parent, items, { key, stamp, render }) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let next = parent.firstElementChild;
  for (const item of items) {
    const itemKey = key(item);
    const itemStamp = stamp(item);
    let element = old.get(itemKey);
    if (element?.dataset.stamp !== itemStamp) {
      const made = render(item);
      made.dataset.key = itemKey;
      made.dataset.stamp = itemStamp;
      if (element) {
        const had = element.contains(document.activeElement) ? document.activeElement : null;
        if (next === element) next = made;
        element.replaceWith(made);
        if (had) (had === element ? made : counterpart(made, had))?.focus({ preventScroll: true });
      }
      element = made;
    }
    old.delete(itemKey); // the same key again makes an element of its own
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
  // What was not asked for has been pushed to the end; also what a key that came twice has left behind.
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
}

/** The button of `made` that is called as `had`, or the first one. */
function counterpart(made, had) {
  const buttons = [...made.querySelectorAll('button')];
  return buttons.find((button) => button.ariaLabel === had.ariaLabel) ?? buttons[0];
}

/** Messages spoken by screen readers; the oldest go, so that the region stays small. */
export function announce(region, text) {
  region.append(h('p', {}, text));
  while (region.children.length > 10) region.firstElementChild.remove();
}
