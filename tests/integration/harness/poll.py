"""The long-poll client: one request after another, acknowledging by the cursor alone."""

import asyncio
import json as json_module
from urllib.parse import urlencode

from .events import Event
from .http1 import HttpClient
from .rawjson import raw_elements, raw_members
from .timing import patience
from .websocket import Refused


class PollAnswer:
    def __init__(self, response):
        self.response = response
        text = response.body.decode()
        members = raw_members(text)
        for name in ("session", "cursor", "events", "heartbeat_seconds", "poll_again_ms"):
            assert name in members, f"a poll's answer lacks {name!r}: {text[:300]}"
        self.body = json_module.loads(text)
        self.session = self.body["session"]
        self.cursor = self.body["cursor"]
        self.superseded = self.body.get("superseded", False)
        self.events = [Event(raw.encode()) for raw in raw_elements(members["events"])]

    def __repr__(self):
        return f"<poll {self.response.body[:400]!r}>"


class Poll:
    """A session of polls on one keep-alive connection. `next_event` makes it look like a stream."""

    kind = "poll"

    def __init__(self, address, token=None, path="/rt/v1/poll", params=None, method="GET"):
        self.client = HttpClient(address, token)
        self.path = path
        self.method = method
        self.params = {k: v for k, v in (params or {}).items() if v is not None}
        self.session = self.params.pop("session", None)
        self.cursor = self.params.pop("cursor", None)
        self.response = None
        self.hello = None
        self._ready = []

    async def ask(self, timeout=20, seconds=75, **more):
        """One poll; does not move the cursor (the caller may lose the answer)."""
        params = {**self.params, "cursor": self.cursor, "session": self.session, "timeout": timeout,
                  **more}
        params = {k: v for k, v in params.items() if v is not None}
        if self.method == "POST":
            response = await self.client.post(self.path, json=params, seconds=seconds)
        else:
            response = await self.client.get(self.path + "?" + urlencode(params), seconds=seconds)
        if response.status != 200:
            raise Refused(response)
        assert "no-store" in (response.header("cache-control") or ""), response
        self.response = response
        return PollAnswer(response)

    def take(self, answer):
        """Accepts an answer: its cursor is the next request's."""
        self.session, self.cursor = answer.session, answer.cursor
        return answer

    async def step(self, timeout=20, **more):
        return self.take(await self.ask(timeout, **more))

    async def begin(self):
        """The first poll of a resumed session, at once; takes hello out if it is there."""
        self._ready += (await self.step(timeout=0)).events
        if self._ready and self._ready[0].type == "hello":
            self.hello = self._ready.pop(0)

    async def next_event(self, seconds=15):
        async with asyncio.timeout(patience(seconds + 15)):
            while not self._ready:
                self._ready += (await self.step(timeout=10)).events
        event = self._ready.pop(0)
        if event.type == "hello" and self.hello is None:
            self.hello = event
        return event

    async def prove(self):
        """A second poll has proved it."""

    async def close(self):
        self.client.close()

    def abandon(self):
        self.client.close()
