// A Fairlead server of the test's own, with people on it.
//
// FAIRLEAD_BIN  the server (default: build/dev/fairlead)

import { spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

globalThis.crypto ??= webcrypto; // not yet global in Node 18

const project = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const binary = resolve(process.env.FAIRLEAD_BIN ?? join(project, 'build/dev/fairlead'));
// Sanitizers make the server slower; deadlines grow with it.
const slowdown = Number(process.env.FAIRLEAD_SLOWDOWN ?? 1);

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Polls `condition` until it gives something truthy; the answer. */
export async function until(what, condition, deadlineMs = 15_000) {
  const end = Date.now() + deadlineMs * slowdown;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${typeof what === 'function' ? what() : what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

export class Server {
  #child;
  #port = 0;
  #directory = mkdtempSync(join(tmpdir(), 'fairlead-client-'));

  async start() {
    const flags = ['serve', '--listen', `127.0.0.1:${this.#port}`, '--data', join(this.#directory, 'data')];
    const log = openSync(join(this.#directory, 'log'), 'a');
    const more = ['--redis', 'none', '--node', 'client-test', '--sends-per-5s', '0', '--drain-seconds', '1'];
    const child = spawn(binary, [...flags, ...more], { stdio: ['ignore', 'pipe', log] });
    this.#child = child;
    running.add(child);
    let output = '';
    child.stdout.on('data', (bytes) => (output += bytes));
    child.on('error', (error) => (output += error.message));
    child.ended = new Promise((done) => {
      child.on('exit', (code, signal) => {
        running.delete(child);
        done({ code, signal });
      });
    });
    const port = () => /ready listen=http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    await until(() => `the server is ready\n${output}`, () => {
      if (child.exitCode !== null) throw new Error(`the server ended at once\n${output}`);
      return port();
    });
    this.#port = Number(port());
    this.url = `http://127.0.0.1:${this.#port}`;
    return this;
  }

  /** Ends it; fails if it does not leave well. */
  async end(signal = 'SIGTERM') {
    const child = this.#child;
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 15_000 * slowdown);
    const ended = await child.ended;
    clearTimeout(late);
    if (signal === 'SIGTERM' && ended.code !== 0) {
      const log = readFileSync(join(this.#directory, 'log'), 'utf8').slice(-4_000);
      throw new Error(`the server left with ${JSON.stringify(ended)}\n${log}`);
    }
  }

  async stop() {
    await this.end();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async call(method, path, { token, body } = {}) {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async signUp(name) {
    const password = 'correct horse';
    const { user, token } = await this.call('POST', '/api/v1/users', { body: { name, password } });
    return { user, token, password };
  }
}
