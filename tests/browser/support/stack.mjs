// The whole house for a test: redis-server, `fairlead serve` and nginx with the project's own
// configuration, on a free port, in a folder of its own. start() resolves when all answer; stop()
// ends all and fails if the server did not leave well.
//
// FAIRLEAD_BIN  the server (default: build/dev/fairlead, build/release/fairlead or build/asan/fairlead);
//               the pages are those that were built beside it

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const startDeadlineMs = 20_000;
const stopDeadlineMs = 20_000;

const running = new Set();
process.on('exit', () => {
  // nginx ends its workers only when it is asked to.
  for (const child of running) child.kill(child.spawnfile === 'nginx' ? 'SIGTERM' : 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function serverBinary() {
  const named = process.env.FAIRLEAD_BIN;
  if (named) return resolve(named);
  const built = ['dev', 'release', 'asan'].map((preset) => join(project, 'build', preset, 'fairlead'));
  const found = built.find((path) => existsSync(path));
  if (!found) throw new Error('no server: build it, or set FAIRLEAD_BIN');
  return found;
}

export async function freePort() {
  const probe = createServer();
  await new Promise((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

/** Polls `condition` until it gives something truthy; the answer. */
export async function until(what, condition, deadlineMs = 10_000) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

export class Stack {
  #children = new Map(); // name → child process
  #options;

  /**
   * @param sendsPer5s the server's limit on messages per user and room; 0: none
   * @param flags more of `fairlead serve`'s
   */
  constructor({ sendsPer5s = 0, flags = [] } = {}) {
    this.#options = { sendsPer5s, flags };
  }

  async start() {
    this.directory = mkdtempSync(join(tmpdir(), 'fairlead-browser-'));
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    try {
      await this.startRedis();
      await this.startServer();
      await this.#startNginx();
    } catch (error) {
      await this.stop().catch(() => {});
      throw error;
    }
    return this;
  }

  path(name) {
    return join(this.directory, name);
  }

  async startRedis() {
    const socket = this.path('redis.sock');
    const flags = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no'];
    this.#spawn('redis', 'redis-server', [...flags, '--dir', this.directory]);
    await until('redis answers', () => accepts(socket), startDeadlineMs);
  }

  async startServer() {
    const flags = [
      'serve',
      ...['--data', this.path('data')],
      ...['--listen', `unix:${this.path('fairlead.sock')}`],
      ...['--redis', `unix:${this.path('redis.sock')}`],
      ...['--node', 'browser-test'],
      ...['--sends-per-5s', String(this.#options.sendsPer5s)],
      ...['--drain-seconds', '2'],
      ...this.#options.flags,
    ];
    mkdirSync(this.path('data'), { recursive: true });
    const child = this.#spawn('fairlead', serverBinary(), flags, { pipe: true });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await until('the server is ready', () => {
      if (child.exitCode !== null) throw new Error(`the server ended at once\n${this.log('fairlead')}`);
      return output.includes('ready listen=');
    }, startDeadlineMs);
  }

  async #startNginx() {
    const directory = this.path('nginx');
    execFileSync(serverBinary(), [
      ...['config', 'nginx', '--out', directory],
      ...['--listen', `127.0.0.1:${this.port}`],
      ...['--upstream', `unix:${this.path('fairlead.sock')}`],
      ...['--web', join(dirname(serverBinary()), 'web')],
      ...['--workers', '1', '--connections', '1024'],
    ]);
    const configuration = join(directory, 'nginx.conf');
    this.#spawn('nginx', 'nginx', ['-c', configuration, '-e', 'stderr', '-g', 'daemon off;']);
    await until('nginx answers', () => accepts(this.port), startDeadlineMs);
  }

  #spawn(name, command, args, { pipe = false } = {}) {
    const log = openSync(this.path(`${name}.log`), 'a');
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const child = spawn(command, args, { stdio: ['ignore', pipe ? 'pipe' : log, log], env });
    child.on('error', (error) => console.error(`${name}: ${error.message}`));
    running.add(child);
    child.ended = new Promise((done) => {
      child.on('exit', (code, signal) => {
        running.delete(child);
        done({ code, signal });
      });
    });
    this.#children.set(name, child);
    return child;
  }

  log(name) {
    return readFileSync(this.path(`${name}.log`), 'utf8');
  }

  /** Ends one part with a signal and waits; {code, signal} of its end. */
  async end(name, signal = 'SIGTERM') {
    const child = this.#children.get(name);
    if (!child) return undefined;
    this.#children.delete(name);
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    const ended = await child.ended;
    clearTimeout(late);
    return ended;
  }

  /** As a deploy does it: SIGTERM, a drained exit, a new process on the same data. */
  async restartServer() {
    const ended = await this.end('fairlead');
    if (ended.code !== 0) throw new Error(`the server left with ${JSON.stringify(ended)}`);
    await this.startServer();
  }

  async stop() {
    await this.end('nginx');
    const ended = await this.end('fairlead');
    await this.end('redis');
    const log = ended && existsSync(this.path('fairlead.log')) ? this.log('fairlead') : '';
    rmSync(this.directory, { recursive: true, force: true });
    if (ended && ended.code !== 0) {
      throw new Error(`the server left with ${JSON.stringify(ended)}\n${log.slice(-4_000)}`);
    }
  }
}

/** True if something takes a connection at this port or Unix socket. */
function accepts(address) {
  return new Promise((done) => {
    const options = typeof address === 'number' ? { port: address, host: '127.0.0.1' } : { path: address };
    const socket = connect(options);
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}
