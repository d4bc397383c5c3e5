// As much of the browser's WebSocket as the client uses, for Node 18 and 20, which have none: text frames,
// pings, closing (RFC 6455). Passed to the client as `webSocket`.

import { randomBytes } from 'node:crypto';
import { request } from 'node:http';

export class TestWebSocket {
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  #socket;
  #request;
  #rest = Buffer.alloc(0);
  #parts = [];
  #code = 1006;
  #over = false;

  constructor(url, protocols) {
    const target = new URL(url);
    target.protocol = 'http:';
    this.#request = request(target, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        'Sec-WebSocket-Protocol': protocols.join(', '),
      },
    });
    this.#request.on('response', (response) => {
      response.destroy();
      this.#end();
    });
    this.#request.on('error', () => this.#end());
    this.#request.on('upgrade', (response, socket, head) => {
      this.#socket = socket;
      socket.on('error', () => {});
      socket.on('close', () => this.#end());
      socket.on('data', (bytes) => this.#read(bytes));
      if (this.#over) {
        socket.destroy();
        return;
      }
      this.onopen?.({});
      if (head.length > 0) this.#read(head);
    });
    this.#request.end();
  }

  send(text) {
    this.#frame(0x1, Buffer.from(text));
  }

  close(code = 1000) {
    if (this.#over) return;
    const body = Buffer.alloc(2);
    body.writeUInt16BE(code);
    if (this.#socket) {
      this.#frame(0x8, body);
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), 200).unref();
    } else {
      this.#request.destroy();
    }
  }

  #frame(opcode, body) {
    if (!this.#socket || this.#socket.destroyed) return;
    const mask = randomBytes(4);
    const length = body.length < 126 ? Buffer.from([0x80 | body.length]) : Buffer.from([0xfe, body.length >> 8, body.length & 255]);
    const masked = Buffer.from(body.map((byte, i) => byte ^ mask[i % 4]));
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, masked]));
  }

  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const rest = this.#rest;
      if (rest.length < 2) return;
      let length = rest[1] & 0x7f;
      let at = 2;
      if (length === 126) {
        if (rest.length < 4) return;
        length = rest.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (rest.length < 10) return;
        length = Number(rest.readBigUInt64BE(2));
        at = 10;
      }
      if (rest.length < at + length) return;
      this.#rest = rest.subarray(at + length);
      this.#take(rest[0] & 0x0f, rest[0] >= 0x80, rest.subarray(at, at + length));
    }
  }

  #take(opcode, last, body) {
    if (opcode === 0x9) {
      this.#frame(0xa, body);
    } else if (opcode === 0x8) {
      this.#code = body.length >= 2 ? body.readUInt16BE(0) : 1005;
      this.#frame(0x8, body);
      this.#socket.end();
    } else if (opcode < 0x3) {
      this.#parts.push(body);
      if (!last) return;
      const data = Buffer.concat(this.#parts).toString();
      this.#parts = [];
      this.onmessage?.({ data });
    }
  }

  #end() {
    if (this.#over) return;
    this.#over = true;
    this.onerror?.({});
    this.onclose?.({ code: this.#code, reason: '' });
  }
}
