"""A client that never stays: it hops among the transports and leaves in every bad way."""

import asyncio

from .events import message_of
from .transports import open_stream
from .websocket import Closed, Refused
from .wire import Gone

KINDS = ("ws", "sse", "poll", "connect_ws", "connect_sse", "connect_poll")
LEAVES = ("reset", "close", "half_close", "before_reading")


class Hopper:
    """Follows everything of one user, resuming from its last cursor each time.

    `told` is what it was shown, in order: (room, seq, id). Nothing is deduplicated.
    """

    def __init__(self, name, addresses, user, cursor, rng, expected):
        self.name = name
        self.addresses = addresses
        self.user = user
        self.cursor = cursor
        self.rng = rng
        self.expected = expected
        self.session = None
        self.told = []
        self.texts = []
        self.hops = 0
        self.unfinished = 0  # hops that were refused or cut by the server: allowed, but counted

    def complete(self):
        return len(self.told) >= self.expected

    async def run(self):
        while not self.complete():
            await self.hop()

    async def hop(self):
        self.hops += 1
        kind = self.rng.choice(KINDS)
        leave = self.rng.choice(LEAVES)
        address = self.rng.choice(self.addresses)
        params = {"cursor": self.cursor}
        if self.session and self.rng.random() < 0.5:
            params["session"] = self.session
        try:
            stream = await open_stream(kind, address, self.user.token, params, hello=False)
        except (Refused, Gone, OSError):
            self.unfinished += 1
            await asyncio.sleep(0.05 * self.rng.random())
            return
        try:
            await self._stay(stream, kind, leave)
        except (Closed, Gone, ConnectionError):
            self.unfinished += 1  # taken over by its own next life, or cut
        finally:
            self._leave(stream, kind, leave)

    async def _stay(self, stream, kind, leave):
        loop = asyncio.get_running_loop()
        if leave == "before_reading":
            if kind.endswith("poll"):
                await self._ask_and_leave(stream)
            return
        end = loop.time() + self.rng.uniform(0.02, 0.38)
        try:
            async with asyncio.timeout_at(end):
                while not self.complete():
                    await self._take(stream, kind)
        except TimeoutError:
            pass
        if leave == "half_close" and not kind.endswith("poll"):
            stream.wire.half_close()
            try:
                async with asyncio.timeout(0.2):
                    while not self.complete():  # what still comes counts
                        await self._take(stream, kind)
            except (TimeoutError, Closed):
                pass

    async def _ask_and_leave(self, poll):
        """Sends a poll and goes, at any point of the answer, which is not taken."""
        try:
            async with asyncio.timeout(self.rng.uniform(0.001, 0.05)):
                await poll.ask(timeout=10)
        except TimeoutError:
            pass

    async def _take(self, stream, kind):
        if kind.endswith("poll"):
            answer = await stream.ask(timeout=5, limit=self.rng.choice((1, 50, 500)))
            for event in answer.events:
                self._see(event)
            stream.take(answer)
            self.session, self.cursor = answer.session, answer.cursor
        else:
            self._see(await stream.next_event(60))

    def _see(self, event):
        if event.type == "hello":
            assert event.body["resume"] == "resumed", f"{self.name}: {event}"
            self.session = event.body["session"]
        if event.cursor:
            self.cursor = event.cursor
        if event.type == "message.created":
            message = message_of(event)
            self.told.append((message["room_id"], message["seq"], message["id"]))
            self.texts.append(message["text"])

    def _leave(self, stream, kind, leave):
        wire = stream.client.wire if kind.endswith("poll") else stream.wire
        if wire and leave in ("reset", "before_reading") and self.rng.random() < 0.8:
            wire.reset()
        stream.abandon()
