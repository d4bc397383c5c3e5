// A proxy in front of the server that does to HTTP what networks do (NETWORKS.md names who). `fault` may be
// changed while it runs; it holds for what comes from then on, and `black` and `refuse` also for what is open.
//
//   noUpgrade        the Upgrade header is stripped: 426
//   dead101          101, then nothing
//   oneWay101        101, events come, what the client sends does not arrive
//   holdSse          nothing of an event stream before it ends, not even a head
//   holdSseBytes: N  nothing of an event stream's body before it has N bytes
//   holdSseBlocks: N an event stream's body comes in whole blocks of N bytes
//   behind           each event of a stream is let go when the next one comes
//   cutStreams: N    WebSockets and event streams end after N bytes
//   cutAll: N        every answer ends after N bytes
//   loseLong: N      answers of more than N bytes are lost, as where large packets are
//   noProbe          the POST that proves a stream is lost
//   unauthorized     401 of the server for everything but the control
//   login            401 of the proxy's own for everything but the control and WebSockets
//   cacheHello       the control's answer comes out of a cache, by its whole address
//   slow: N          each request and handshake takes N ms longer
//   via: TEXT        answers have `Via: TEXT`
//   idleMs: N        a connection that is silent for N ms is ended
//   black            connections are taken, and no byte comes
//   refuse           connections are not taken

import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

export class FaultProxy {
  fault = {};
  /** What was asked for, as 'GET /path', oldest first. */
  seen = [];
  /** Paths that it answers itself: {type, body}. */
  pages = {};
  /** What pages have told, as {text} by POST to /told. */
  told = [];
  #upstream;
  #sockets = new Set();
  #server;
  #stopping = false;
  #cache = new Map();

  constructor(upstream) {
    this.#upstream = new URL(upstream);
  }

  async start() {
    this.#server = createServer((from, to) => this.#forward(from, to));
    this.#server.on('upgrade', (from, socket, head) => this.#upgrade(from, socket, head));
    this.#server.on('connection', (socket) => {
      if (this.fault.refuse || this.#stopping) socket.destroy();
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.keepAliveTimeout = 60_000;
    await new Promise((done) => this.#server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  /** How often a path was asked for. */
  count(text) {
    return this.seen.filter((line) => line.includes(text)).length;
  }

  /** Sets the fault, and lets it hold at once for what is open, if it is one for that. */
  set(fault) {
    this.fault = fault;
    if (fault.refuse) this.cut();
  }

  /** Ends everything that is open. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop() {
    this.#stopping = true; // what was on its way while the rest was cut
    this.cut();
    await new Promise((done) => this.#server.close(done));
  }

  #target(from) {
    const { hostname, port } = this.#upstream;
    return { hostname, port, method: from.method, path: from.url, headers: from.headers, agent: false };
  }

  async #forward(from, to) {
    const { fault } = this;
    this.seen.push(`${from.method} ${from.url}`);
    if (fault.idleMs) from.socket.setTimeout(fault.idleMs, () => from.socket.destroy());
    const chunks = [];
    try {
      for await (const chunk of from) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks);
    const page = this.pages[from.url];
    if (page) return to.writeHead(200, { 'Content-Type': page.type }).end(page.body);
    if (from.url === '/told') {
      this.told.push(JSON.parse(body));
      return to.writeHead(204).end();
    }
    if (fault.slow) await new Promise((done) => setTimeout(done, fault.slow));
    if (this.fault.black) return;
    if (fault.unauthorized && !from.url.startsWith('/rt/v1/hello')) {
      to.writeHead(401, { 'Content-Type': 'application/problem+json' }).end('{"code":"unauthorized"}');
      return;
    }
    if (fault.login && !from.url.startsWith('/rt/v1/hello')) {
      to.writeHead(401, { 'Content-Type': 'text/html' }).end('<h1>Who are you?</h1>');
      return;
    }
    if (fault.noProbe && from.url.startsWith('/rt/v1/probe')) return;
    const cached = fault.cacheHello && this.#cache.get(from.url);
    if (cached) return to.writeHead(200, { 'Content-Type': 'application/json' }).end(cached);
    const upstream = request(this.#target(from), (answer) => this.#answer(from, answer, to, fault));
    upstream.on('error', () => to.destroy());
    to.on('close', () => upstream.destroy());
    upstream.end(body);
  }

  #answer(from, answer, to, fault) {
    const isStream = (answer.headers['content-type'] ?? '').startsWith('text/event-stream');
    const headers = { ...answer.headers };
    delete headers.connection;
    if (fault.via) headers.via = fault.via;
    answer.on('error', () => to.destroy());
    if (isStream && fault.holdSse) {
      answer.resume(); // read, and kept
      return;
    }
    if (fault.loseLong < Number(headers['content-length'])) {
      answer.resume();
      return;
    }
    to.writeHead(answer.statusCode, headers);
    to.flushHeaders();
    const send = (bytes) => this.fault.black || to.write(bytes);
    const limit = fault.cutAll ?? (isStream ? fault.cutStreams : undefined);
    let passed = 0;
    let cut = false;
    let held = Buffer.alloc(0);
    if (fault.cacheHello && from.url.startsWith('/rt/v1/hello')) {
      answer.on('data', (bytes) => this.#cache.set(from.url, Buffer.concat([this.#cache.get(from.url) ?? held, bytes])));
    }
    answer.on('data', (bytes) => {
      if (limit !== undefined && !from.url.startsWith('/rt/v1/hello')) {
        const part = bytes.subarray(0, Math.max(0, limit - passed));
        passed += part.length;
        send(part);
        // After the bytes that were let through have left.
        if (passed < limit || cut) return;
        cut = true;
        setTimeout(() => from.socket.destroy(), 5);
      } else if (isStream && fault.holdSseBytes) {
        held = Buffer.concat([held, bytes]);
        passed += bytes.length;
        if (passed < fault.holdSseBytes) return;
        send(held);
        held = Buffer.alloc(0);
      } else if (isStream && fault.holdSseBlocks) {
        held = Buffer.concat([held, bytes]);
        const whole = held.length - (held.length % fault.holdSseBlocks);
        if (whole > 0) send(held.subarray(0, whole));
        held = held.subarray(whole);
      } else if (isStream && fault.behind) {
        held = Buffer.concat([held, bytes]);
        // All but the last whole event goes.
        const end = held.lastIndexOf('\n\n');
        const before = end > 0 ? held.lastIndexOf('\n\n', end - 1) : -1;
        if (before < 0) return;
        send(held.subarray(0, before + 2));
        held = held.subarray(before + 2);
      } else {
        send(bytes);
      }
    });
    answer.on('end', () => this.fault.black || cut || to.end(held));
  }

  async #upgrade(from, socket, head) {
    const { fault } = this;
    if (fault.slow) await new Promise((done) => setTimeout(done, fault.slow));
    this.seen.push(`UPGRADE ${from.url}`);
    if (fault.idleMs) socket.setTimeout(fault.idleMs, () => socket.destroy());
    socket.on('error', () => {});
    if (fault.black) return;
    if (fault.unauthorized) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    if (fault.noUpgrade) {
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    if (fault.dead101) {
      const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
      const accept = createHash('sha1').update(from.headers['sec-websocket-key'] + magic).digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: fairlead.v1.json\r\n\r\n`,
      );
      socket.resume();
      return;
    }
    const upstream = connect({ host: this.#upstream.hostname, port: Number(this.#upstream.port) });
    const lines = [`${from.method} ${from.url} HTTP/1.1`];
    for (let i = 0; i < from.rawHeaders.length; i += 2) lines.push(`${from.rawHeaders[i]}: ${from.rawHeaders[i + 1]}`);
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    upstream.write(head);
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    const limit = fault.cutAll ?? fault.cutStreams ?? Infinity;
    let passed = 0;
    upstream.on('data', (bytes) => {
      if (this.fault.black) return;
      const part = bytes.subarray(0, Math.max(0, limit - passed));
      passed += part.length;
      socket.write(part);
      if (passed >= limit) setTimeout(() => socket.destroy(), 5);
    });
    socket.on('data', (bytes) => {
      if (!fault.oneWay101 && !this.fault.black) upstream.write(bytes);
    });
  }
}
