"""HTTP/1.x by hand: requests exactly as written, responses parsed strictly."""

import asyncio
import json as json_module

from .timing import patience
from .wire import Gone, Wire


class Response:
    def __init__(self, version, status, reason, headers):
        self.version = version
        self.status = status
        self.reason = reason
        self.headers = headers  # [(lower-case name, value)]
        self.body = b""

    def header(self, name, default=None):
        for key, value in self.headers:
            if key == name.lower():
                return value
        return default

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def json(self):
        return json_module.loads(self.body)

    @property
    def keeps_alive(self):
        connection = (self.header("connection") or "").lower()
        if self.version == "HTTP/1.0":
            return "keep-alive" in connection
        return "close" not in connection

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}>"


def build_request(method, target, headers=(), body=None, version="HTTP/1.1", host="localhost"):
    """A request's bytes. `headers` is a dict or a list of pairs; Host and Content-Length are added."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    names = {name.lower() for name, _ in pairs}
    lines = [f"{method} {target} {version}"]
    if host is not None and "host" not in names:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {value}" for name, value in pairs]
    if body is None and method in ("POST", "PUT", "PATCH") and "content-length" not in names:
        lines.append("Content-Length: 0")
    if body is not None and "content-length" not in names and "transfer-encoding" not in names:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def parse_head(head):
    lines = head.decode("latin-1").split("\r\n")
    version, status, *reason = lines[0].split(" ", 2)
    assert version in ("HTTP/1.0", "HTTP/1.1"), f"not a status line: {lines[0]!r}"
    headers = []
    for line in lines[1:]:
        if not line:
            continue
        name, colon, value = line.partition(":")
        assert colon and name and name.strip() == name, f"not a header line: {line!r}"
        headers.append((name.lower(), value.strip()))
    return Response(version, int(status), reason[0] if reason else "", headers)


async def read_head(wire):
    """The next final response's head; interim 1xx other than 101 are skipped."""
    while True:
        response = parse_head(await wire.read_until(b"\r\n\r\n", 64 * 1024))
        if response.status == 101 or response.status >= 200:
            return response


class BodyReader:
    """A body as it arrives, whatever the framing: Content-Length, chunked, or until close."""

    def __init__(self, wire, response, method="GET"):
        self.wire = wire
        self.done = False
        self.left = None
        lengths = response.all("content-length")
        codings = [c.lower() for c in response.all("transfer-encoding")]
        assert not (lengths and codings), f"both Content-Length and Transfer-Encoding: {response}"
        assert len(lengths) <= 1, f"two Content-Length: {response}"
        self.chunked = codings == ["chunked"]
        assert self.chunked or not codings, f"unknown transfer coding {codings}"
        if method == "HEAD" or response.status in (101, 204, 304):
            self.done = True
        elif lengths:
            self.left = int(lengths[0])
            self.done = self.left == 0
        self.until_close = not self.chunked and self.left is None

    async def read_some(self):
        """The next piece, or b"" at the body's end. A cut inside the body raises Gone."""
        if self.done:
            return b""
        if self.chunked:
            return await self._read_chunk()
        if not self.wire.buffer and not await self.wire.fill():
            self.done = True
            if self.until_close:
                return b""
            raise Gone(f"{self.left} more bytes of the body")
        data = bytes(self.wire.buffer) if self.until_close else bytes(self.wire.buffer[:self.left])
        del self.wire.buffer[:len(data)]
        if not self.until_close:
            self.left -= len(data)
            self.done = self.left == 0
        return data

    async def _read_chunk(self):
        """A whole chunk is taken at once, so that cancelling leaves the framing in step."""
        while (at := self.wire.buffer.find(b"\r\n")) < 0:
            assert len(self.wire.buffer) < 1024, "no chunk size"
            if not await self.wire.fill():
                raise Gone("a chunk", self.wire.buffer)
        size = int(self.wire.buffer[:at].split(b";")[0], 16)
        await self.wire.hold(at + 2 + size + 2)
        data = bytes(self.wire.buffer[at + 2:at + 2 + size])
        assert self.wire.buffer[at + 2 + size:at + 4 + size] == b"\r\n", "chunk without CRLF"
        del self.wire.buffer[:at + 4 + size]
        self.done = size == 0
        return data

    async def read_all(self):
        parts = []
        while piece := await self.read_some():
            parts.append(piece)
        return b"".join(parts)


async def read_response(wire, method="GET"):
    response = await read_head(wire)
    response.body = await BodyReader(wire, response, method).read_all()
    return response


async def exchange(address, request, method="GET", seconds=15):
    """One raw request on a connection of its own."""
    wire = await Wire.connect(address)
    try:
        async with asyncio.timeout(patience(seconds)):
            await wire.send(request)
            return await read_response(wire, method)
    finally:
        wire.close()


class HttpClient:
    """One keep-alive connection with default headers; reconnects when the server closed it idle."""

    def __init__(self, address, token=None, headers=None):
        self.address = address
        self.token = token
        self.headers = dict(headers or {})
        self.wire = None
        self._one_at_a_time = asyncio.Lock()

    async def request(self, method, target, json=None, body=None, headers=None, seconds=30):
        all_headers = {**self.headers, **(headers or {})}
        if self.token and "Authorization" not in all_headers:
            all_headers["Authorization"] = f"Bearer {self.token}"
        if json is not None:
            body = json_module.dumps(json).encode()
            all_headers.setdefault("Content-Type", "application/json")
        all_headers = {k: v for k, v in all_headers.items() if v is not None}
        data = build_request(method, target, all_headers, body)
        async with self._one_at_a_time, asyncio.timeout(patience(seconds)):
            while True:
                reused = self.wire is not None
                try:
                    if not reused:
                        self.wire = await Wire.connect(self.address)
                    await self.wire.send(data)
                    response = await read_response(self.wire, method)
                except (Gone, ConnectionError) as error:
                    self.close()
                    if reused and not getattr(error, "so_far", b""):
                        continue  # an idle connection may be closed at any time
                    raise
                except BaseException:
                    self.close()
                    raise
                if not response.keeps_alive:
                    self.close()
                return response

    async def get(self, target, **kw):
        return await self.request("GET", target, **kw)

    async def post(self, target, json=None, **kw):
        return await self.request("POST", target, json=json, **kw)

    async def put(self, target, json=None, **kw):
        return await self.request("PUT", target, json=json, **kw)

    async def patch(self, target, json=None, **kw):
        return await self.request("PATCH", target, json=json, **kw)

    async def delete(self, target, **kw):
        return await self.request("DELETE", target, **kw)

    def close(self):
        if self.wire:
            self.wire.close()
            self.wire = None
