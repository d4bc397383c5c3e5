// What a page has to load for it, and that it needs nothing else.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../fallback/client');

test('the client, bundled and minified, is under 15 KB gzipped', (context) => {
  const bundle = readFileSync(join(root, 'dist/fairlead-client.min.js'));
  const bytes = gzipSync(bundle, { level: 9 }).length;
  context.diagnostic(`${bytes} bytes gzipped, ${bundle.length} before`);
  assert.ok(bundle.includes('fairlead.v1.json'), 'it is the client that was measured');
  assert.ok(bytes < 15_000, `${bytes} bytes`);
});

test('it has no dependency but the platform', () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json')));
  assert.equal(dependencies ?? peerDependencies, undefined);
  assert.doesNotMatch(readFileSync(join(root, 'dist/fairlead-client.min.js'), 'utf8'), /\bimport\b\s*[^(]|\brequire\(/);
});

test('no source file is longer than 300 lines', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts'));
  assert.ok(files.length > 20);
  for (const file of files) {
    const lines = readFileSync(join(root, 'src', file), 'utf8').split('\n').length - 1;
    assert.ok(lines <= 300, `${file} has ${lines} lines`);
  }
});
