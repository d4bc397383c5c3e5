import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconcile } from '../../../web/js/ui/dom.js';

/** As much of an element as lists of them need. */
class Element {
  dataset = {};
  children = [];
  parent = null;

  get firstElementChild() {
    return this.children[0] ?? null;
  }

  get nextElementSibling() {
    return this.parent.children[this.parent.children.indexOf(this) + 1] ?? null;
  }

  insertBefore(child, before) {
    child.remove();
    child.parent = this;
    this.children.splice(before ? this.children.indexOf(before) : this.children.length, 0, child);
  }

  replaceWith(other) {
    this.parent.insertBefore(other, this);
    this.remove();
  }

  remove() {
    const { children = [] } = this.parent ?? {};
    if (children.includes(this)) children.splice(children.indexOf(this), 1);
    this.parent = null;
  }

  contains() {
    return false;
  }
}

globalThis.document ??= {};

/** Shows items like 'a1' (key and stamp) in `parent`; what stands there then. */
function show(parent, items) {
  reconcile(parent, items, { key: ([key]) => key, stamp: ([, stamp]) => stamp, render: () => new Element() });
  return parent.children.map(({ dataset }) => dataset.key + dataset.stamp);
}

test('a list becomes another one, whatever came, went, moved or changed; what has not changed stays', () => {
  const lists = [['a1', 'b1', 'c1'], ['c1', 'a1'], ['b1', 'c2', 'd1', 'a1'], [], ['a1'], ['z1', 'a1', 'b1']];
  const parent = new Element();
  for (const list of lists) assert.deepEqual(show(parent, list), list);
  const [, kept] = parent.children;
  show(parent, ['a1', 'q1']);
  assert.equal(parent.children[0], kept);
});

test('a day that comes twice, since somebody\'s clock was wrong, leaves nothing behind', () => {
  const parent = new Element();
  const list = ['d1', 'a1', 'e1', 'b1', 'd1', 'c1'];
  for (let round = 0; round < 3; round += 1) assert.deepEqual(show(parent, list), list);
  assert.deepEqual(show(parent, ['d1', 'a1']), ['d1', 'a1']);
});
