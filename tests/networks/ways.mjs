// How a browser's requests get out: directly; through a forward proxy, in absolute form (GET http://host/…, as
// browsers ask proxies for http:// pages) or through a tunnel (CONNECT, as for https:// and for every WebSocket);
// or into an intercepting proxy, of which they know nothing. What it makes is given to the client as `fetch` and
// `webSocket`.

import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { Agent, ProxyAgent, fetch as undiciFetch } from 'undici';
import { WebSocket } from 'ws';

const connections = 6; // to one host, as browsers have it
const connectMs = 15_000;

/**
 * `proxy`: {url, requests, webSocket}, the latter two 'absolute', 'connect' or 'intercepted'. Default is what
 * browsers do: 'absolute' for an http:// server's requests, 'connect' for the rest. `ca`: PEM of who signed the
 * server. The page that asks is the server's own.
 */
export function ways({ url, proxy, ca }) {
  const secure = new URL(url).protocol === 'https:';
  const plan = proxy && { requests: secure ? 'connect' : 'absolute', webSocket: 'connect', ...proxy };
  return { fetch: asPage(new URL(url).origin, secure, fetchBy(plan, ca)), webSocket: webSocketBy(plan, ca) };
}

/** Says what browsers say of the page: its origin with a POST, and over TLS that it is the server's own. */
function asPage(origin, secure, fetch) {
  return (target, init) => {
    const said = { ...(init.method === 'POST' ? { Origin: origin } : {}), ...(secure ? { 'Sec-Fetch-Site': 'same-origin' } : {}) };
    return fetch(target, { ...init, headers: { ...init.headers, ...said } });
  };
}

function fetchBy(proxy, ca) {
  const connect = { ca, timeout: connectMs };
  let dispatcher;
  if (!proxy) dispatcher = new Agent({ connections, connect });
  else if (proxy.requests === 'connect') dispatcher = new ProxyAgent({ uri: proxy.url, connections, requestTls: { ca } });
  else if (proxy.requests === 'intercepted') dispatcher = new Agent({ connections, connect: intercepted(proxy.url, ca) });
  else dispatcher = new AbsoluteForm(proxy.url, connect);
  return (target, init) => undiciFetch(target, { ...init, dispatcher });
}

/** A connector for undici: whatever the address, the connection goes to the proxy. */
function intercepted(proxy, ca) {
  return ({ hostname, protocol }, done) => {
    const secure = protocol === 'https:';
    const socket = opened(proxy, secure, hostname, ca);
    socket.setNoDelay();
    socket.once('error', done);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.off('error', done);
      done(null, socket);
    });
  };
}

function opened(proxy, secure, hostname, ca) {
  const name = net.isIP(hostname) ? {} : { servername: hostname };
  return secure ? tls.connect({ ...addressOf(proxy), ca, ...name }) : net.connect(addressOf(proxy));
}

/** Sends each request to the proxy, with the whole URL as its target. */
class AbsoluteForm extends Agent {
  #proxy;

  constructor(proxy, connect) {
    super({ connections, connect });
    this.#proxy = proxy;
  }

  dispatch(request, handler) {
    const { origin, path, headers } = request;
    const host = new URL(origin).host;
    const changed = { origin: this.#proxy, path: new URL(path, origin).href, headers: withHost(headers, host) };
    return super.dispatch({ ...request, ...changed }, handler);
  }
}

/** undici gives headers as an object or as a flat list. */
function withHost(headers, host) {
  return Array.isArray(headers) ? [...headers, 'host', host] : { ...headers, host };
}

function webSocketBy(proxy, ca) {
  return class extends WebSocket {
    constructor(url, protocols) {
      const { host, protocol } = new URL(url);
      const secure = protocol === 'wss:';
      const origin = `http${secure ? 's' : ''}://${host}`;
      super(url, protocols, { ca, origin, handshakeTimeout: 60_000, ...(proxy ? by(proxy, host, secure) : {}) });
      this.on('error', () => {}); // `onerror` hears of it, too; without anybody who does it would be thrown
    }
  };
}

function by(proxy, host, secure) {
  if (proxy.webSocket === 'connect') {
    return { createConnection: (options, done) => tunnel(proxy.url, host, secure, options, done) };
  }
  const createConnection = ({ host: name, ca }) => opened(proxy.url, secure, name, ca);
  if (proxy.webSocket === 'intercepted') return { createConnection };
  return {
    createConnection,
    finishRequest: (request) => {
      request.path = `http://${host}${request.path}`;
      request.end();
    },
  };
}

/** A connection to `host` through the proxy, for http.request; it is given to `done`. */
function tunnel(proxy, host, secure, options, done) {
  const path = /:\d+$/.test(host) ? host : `${host}:${secure ? 443 : 80}`;
  const request = http.request({ ...addressOf(proxy), method: 'CONNECT', path, headers: { Host: path }, agent: false });
  request.setTimeout(connectMs, () => request.destroy(new Error('the proxy does not answer CONNECT')));
  request.on('error', done);
  request.on('response', (response) => {
    response.destroy();
    done(new Error(`the proxy answers CONNECT with ${response.statusCode}`));
  });
  request.on('connect', (response, socket, head) => {
    socket.setTimeout(0);
    if (head.length > 0) socket.unshift(head);
    if (response.statusCode !== 200) {
      socket.destroy();
      done(new Error(`the proxy answers CONNECT with ${response.statusCode}`));
    } else if (secure) {
      const name = net.isIP(options.host) ? {} : { servername: options.host };
      const wrapped = tls.connect({ socket, ca: options.ca, host: options.host, ...name });
      wrapped.once('error', done);
      wrapped.once('secureConnect', () => done(null, wrapped));
    } else {
      done(null, socket);
    }
  });
  request.end();
}

function addressOf(url) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
