"""An incremental text/event-stream client (WHATWG parsing rules), over GET or POST."""

import asyncio
import json as json_module
from urllib.parse import urlencode

from .events import Event
from .http1 import BodyReader, build_request, read_head
from .timing import patience
from .websocket import Closed, Refused
from .wire import Gone, Wire


class SseParser:
    """Feed bytes, take blocks: (data bytes or None, id, event name, comments). Pure."""

    def __init__(self):
        self._rest = b""
        self._data, self._id, self._name, self._comments = [], None, None, []
        self.last_id = None
        self.retry_ms = None
        self.comments = []
        self.names = set()

    def feed(self, piece):
        """The events that `piece` completes."""
        lines = (self._rest + piece).split(b"\n")
        self._rest = lines.pop()
        events = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if not line:
                if self._data:
                    events.append(Event(b"\n".join(self._data), self._id))
                self._data, self._id, self._name = [], None, None
            elif line.startswith(b":"):
                self.comments.append(line[1:])
            else:
                name, _, value = line.partition(b":")
                self._field(name, value.removeprefix(b" "))
        return events

    def _field(self, name, value):
        if name == b"data":
            self._data.append(value)
        elif name == b"id":
            self._id = self.last_id = value.decode()
        elif name == b"retry":
            self.retry_ms = int(value)
        elif name == b"event":
            self.names.add(value.decode())
        else:
            raise AssertionError(f"unknown SSE field {name!r}")


class Sse:
    """One open stream. Reads only when asked to."""

    kind = "sse"

    def __init__(self, wire, response, address, token):
        self.wire = wire
        self.response = response
        self.address = address
        self.token = token
        self.parser = SseParser()
        self.body = BodyReader(wire, response)
        self._ready = []
        self.hello = None

    @classmethod
    async def open(cls, address, token=None, path="/rt/v1/sse", params=None, headers=(), method="GET",
                   rcvbuf=None, version="HTTP/1.1", seconds=15):
        params = {k: v for k, v in (params or {}).items() if v is not None}
        pairs = [("Accept", "text/event-stream"), *headers]
        if token:
            pairs.append(("Authorization", f"Bearer {token}"))
        body = None
        if method == "POST":
            body = json_module.dumps(params).encode()
            pairs.append(("Content-Type", "application/json"))
        elif params:
            path += "?" + urlencode(params)
        wire = await Wire.connect(address, rcvbuf)
        try:
            async with asyncio.timeout(patience(seconds)):
                await wire.send(build_request(method, path, pairs, body, version))
                response = await read_head(wire)
                if response.status != 200:
                    response.body = await BodyReader(wire, response).read_all()
                    raise Refused(response)
            kind = response.header("content-type") or ""
            assert kind.startswith("text/event-stream"), f"not a stream: {response}"
            return cls(wire, response, address, token)
        except BaseException:
            wire.close()
            raise

    async def next_event(self, seconds=15):
        async with asyncio.timeout(patience(seconds)):
            while not self._ready:
                try:
                    piece = await self.body.read_some()
                except (Gone, ConnectionError):
                    raise Closed(1006) from None
                if not piece:
                    raise Closed(1000, "end of stream")
                self._ready += self.parser.feed(piece)
        event = self._ready.pop(0)
        if event.type == "hello" and self.hello is None:
            self.hello = event
        return event

    async def prove(self):
        """Answers hello's probe over a POST of its own, as a browser would."""
        from .http1 import HttpClient
        client = HttpClient(self.address, self.token)
        try:
            answer = await client.post("/rt/v1/probe", json={
                "session": self.hello.body["session"], "probe": self.hello.body["probe"]})
            if answer.status >= 500:
                raise Refused(answer)
            assert answer.status in (200, 202, 204), answer
        finally:
            client.close()

    async def until_closed(self, seconds=15):
        events = []
        try:
            async with asyncio.timeout(patience(seconds)):
                while True:
                    events.append(await self.next_event(seconds))
        except Closed as closed:
            return events, closed

    async def close(self):
        self.wire.close()

    def abandon(self):
        self.wire.close()
