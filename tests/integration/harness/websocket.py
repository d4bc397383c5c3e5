"""RFC 6455 client by hand: own framing, so that it can also break every rule."""

import asyncio
import base64
import hashlib
import json
import os
import struct
import zlib
from urllib.parse import urlencode

import cbor2

from .events import Event
from .http1 import BodyReader, build_request, read_head
from .timing import patience
from .wire import Gone, Wire

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


JSON, CBOR = "fairlead.v1.json", "fairlead.v1.cbor"
# What a client says that takes compressed messages.
OFFERS_DEFLATE = ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")


def deflated(message):
    """A message as RFC 7692 section 7.2.1 has it."""
    compressor = zlib.compressobj(wbits=-15)
    payload = compressor.compress(message) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert payload.endswith(b"\0\0\xff\xff")
    return payload[:-4]


def inflated(payload):
    return zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff")


def json_of(message):
    """The JSON that a CBOR message stands for, in the server's own form."""
    return json.dumps(cbor2.loads(message), ensure_ascii=False, separators=(",", ":")).encode()


class Refused(Exception):
    """The handshake was answered with an HTTP response that is not 101."""

    def __init__(self, response):
        super().__init__(f"handshake refused: {response}")
        self.response = response


class Closed(Exception):
    """The connection ended; code 1006 when no CLOSE frame came, 1005 when it had no code."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed {code} {reason!r}")
        self.code = code
        self.reason = reason


def _xor(data, key):
    repeated = (key * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length=None):
    """A frame's bytes; `length` may lie, `rsv` is three bits, `mask=False` breaks RFC 6455 5.1."""
    count = len(payload) if length is None else length
    head = bytearray([(0x80 if fin else 0) | rsv << 4 | opcode])
    flag = 0x80 if mask else 0
    if count < 126:
        head.append(flag | count)
    elif count < 1 << 16:
        head += bytes([flag | 126]) + struct.pack(">H", count)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", count)
    if mask:
        key = os.urandom(4)
        return bytes(head) + key + (_xor(payload, key) if payload else b"")
    return bytes(head) + payload


def handshake(path, token=None, via="header", protocols=("fairlead.v1.json",), headers=(), host="localhost",
              key=None):
    """The request's bytes. `via`: where the token goes, "header", "subprotocol" or None."""
    offered = list(protocols)
    pairs = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
             ("Sec-WebSocket-Key", key or base64.b64encode(os.urandom(16)).decode())]
    if token and via == "subprotocol":
        offered.append(f"fairlead.bearer.{token}")
    if token and via == "header":
        pairs.append(("Authorization", f"Bearer {token}"))
    if offered:
        pairs.append(("Sec-WebSocket-Protocol", ", ".join(offered)))
    return build_request("GET", path, pairs + list(headers), host=host)


class WebSocket:
    """One open connection. Pings are answered as they are met, that is only while reading."""

    kind = "websocket"

    def __init__(self, wire, response):
        self.wire = wire
        self.response = response
        self.answers_pings = True
        self.pings = 0
        self._refs = 0
        self._parts = []
        self.cbor = response.header("sec-websocket-protocol") == CBOR
        self.deflates = "permessage-deflate" in (response.header("sec-websocket-extensions") or "")
        self.inflated = 0  # messages that came compressed
        self.set_aside = []  # events met while waiting for a command's answer
        self.hello = None

    @classmethod
    async def open(cls, address, token=None, path="/rt/v1/ws", via="header", params=None, headers=(),
                   protocols=("fairlead.v1.json",), rcvbuf=None, host="localhost", seconds=15):
        query = urlencode({k: v for k, v in (params or {}).items() if v is not None})
        wire = await Wire.connect(address, rcvbuf)
        try:
            async with asyncio.timeout(patience(seconds)):
                key = base64.b64encode(os.urandom(16)).decode()
                await wire.send(handshake(path + ("?" + query if query else ""), token, via, protocols,
                                          headers, host, key))
                response = await read_head(wire)
                if response.status != 101:
                    response.body = await BodyReader(wire, response).read_all()
                    raise Refused(response)
            accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
            assert response.header("sec-websocket-accept") == accept, f"wrong accept key: {response}"
            assert (response.header("upgrade") or "").lower() == "websocket", response
            return cls(wire, response)
        except BaseException:
            wire.close()
            raise

    async def read_frame(self):
        """(opcode, fin, rsv, payload), unjudged but for masking. Cancelling takes nothing."""
        wire = self.wire
        await wire.hold(2)
        first, second = wire.buffer[0], wire.buffer[1]
        assert not second & 0x80, "a server must not mask"
        length, start = second & 0x7F, 2
        if length == 126:
            await wire.hold(4)
            length, start = struct.unpack(">H", wire.buffer[2:4])[0], 4
        elif length == 127:
            await wire.hold(10)
            length, start = struct.unpack(">Q", wire.buffer[2:10])[0], 10
        await wire.hold(start + length)
        payload = bytes(wire.buffer[start:start + length])
        del wire.buffer[:start + length]
        return first & 0x0F, bool(first & 0x80), first >> 4 & 7, payload

    async def recv(self):
        """The next data message, as JSON. Raises Closed."""
        while True:
            try:
                opcode, fin, rsv, payload = await self.read_frame()
            except (Gone, ConnectionError):
                raise Closed(1006) from None
            assert rsv == 0 or rsv == 4 and self.deflates, f"reserved bits {rsv} without an extension"
            if opcode == PING:
                self.pings += 1
                if self.answers_pings:
                    await self._quietly(frame(PONG, payload))
            elif opcode == CLOSE:
                await self._quietly(frame(CLOSE, payload[:2]))
                if len(payload) >= 2:
                    raise Closed(struct.unpack(">H", payload[:2])[0], payload[2:].decode())
                raise Closed(1005)
            elif opcode in (TEXT, BINARY, CONTINUATION):
                assert (opcode == CONTINUATION) == bool(self._parts), "fragments out of order"
                assert opcode in (CONTINUATION, BINARY if self.cbor else TEXT), f"opcode {opcode}"
                assert fin or not rsv, "the server does not fragment"
                self._parts.append(inflated(payload) if rsv else payload)
                self.inflated += bool(rsv)
                if fin:
                    message = b"".join(self._parts)
                    self._parts = []
                    return json_of(message) if self.cbor else message
            else:
                assert opcode == PONG, f"unknown opcode {opcode}"

    async def _quietly(self, data):
        try:
            await self.wire.send(data)
        except OSError:
            pass  # the peer has gone; reading will say so

    async def next_event(self, seconds=15):
        if self.set_aside:
            return self.set_aside.pop(0)
        async with asyncio.timeout(patience(seconds)):
            event = Event(await self.recv())
        if event.type == "hello" and self.hello is None:
            self.hello = event
        return event

    async def prove(self):
        """Answers hello's probe word."""
        answer = await self.command("probe", probe=self.hello.body["probe"])
        assert answer["type"] == "ack", answer

    async def send_json(self, command):
        if self.cbor:
            await self.wire.send(frame(BINARY, cbor2.dumps(command)))
            return
        message = json.dumps(command).encode()
        await self.wire.send(frame(TEXT, deflated(message), rsv=4) if self.deflates else frame(TEXT, message))

    async def command(self, op, seconds=15, **fields):
        """Sends a command and returns its ack or error; events met meanwhile are kept in order."""
        self._refs += 1
        ref = f"ref{self._refs}"
        await self.send_json({"op": op, "ref": ref, **fields})
        async with asyncio.timeout(patience(seconds)):
            while True:
                event = Event(await self.recv())
                if event.type in ("ack", "error") and event.body.get("ref") == ref:
                    return event.body
                self.set_aside.append(event)

    async def until_closed(self, seconds=15):
        """(events met, Closed)."""
        events, self.set_aside = self.set_aside, []
        try:
            async with asyncio.timeout(patience(seconds)):
                while True:
                    events.append(Event(await self.recv()))
        except Closed as closed:
            return events, closed

    async def close(self, code=1000):
        """An orderly close: CLOSE frame, then whatever still comes is dropped."""
        await self._quietly(frame(CLOSE, struct.pack(">H", code)))
        self.wire.close()

    def abandon(self):
        self.wire.close()
