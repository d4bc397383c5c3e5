"""A well-behaved client beside the hostile one: it must notice nothing."""

import asyncio
import time

from .events import message_of
from .timing import eventually, patience
from .world import World

LATENCY_MAX_S = 3.0


class Canary:
    """Sends a message every 50 ms over REST and wants each over SSE and WebSocket, soon.

    Use as `async with Canary(node): …`; a loss, a cut or a long wait raises at the end.
    """

    def __init__(self, node):
        self.node = node
        self.world = World(node.address)
        self.sent_at = {}
        self.seen = {"sse": [], "ws": []}
        self.worst_s = 0.0

    async def __aenter__(self):
        self.user = await self.world.user("canary")
        self.room = await self.user.new_room()
        self.streams = {kind: await self.user.stream(kind) for kind in self.seen}
        self.stopping = False
        self.tasks = [asyncio.create_task(self._sing())] + [
            asyncio.create_task(self._listen(kind)) for kind in self.seen]
        return self

    async def _sing(self):
        n = 0
        while not self.stopping:
            begun = time.monotonic()
            self.sent_at[f"tweet {n}"] = begun
            await self.user.say(self.room, f"tweet {n}")
            self.worst_s = max(self.worst_s, time.monotonic() - begun)
            n += 1
            await asyncio.sleep(0.05)

    async def _listen(self, kind):
        stream = self.streams[kind]
        while True:
            event = await stream.next_event(60)
            if event.type == "message.created":
                text = message_of(event)["text"]
                self.worst_s = max(self.worst_s, time.monotonic() - self.sent_at[text])
                self.seen[kind].append(text)

    async def __aexit__(self, kind, value, trace):
        self.stopping = True
        try:
            await self.tasks[0]
            end = time.monotonic() + patience(10)
            while any(len(seen) < len(self.sent_at) for seen in self.seen.values()):
                for task in self.tasks[1:]:
                    if task.done():
                        task.result()
                assert time.monotonic() < end, f"the canary missed messages: {self._counts()}"
                await asyncio.sleep(0.01)
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            self.world.close()
        for name, seen in self.seen.items():
            assert seen == list(self.sent_at), f"the canary's {name} is out of order"
        assert self.worst_s < patience(LATENCY_MAX_S), f"the canary waited {self.worst_s:.1f} s"

    def _counts(self):
        return {"sent": len(self.sent_at), **{k: len(v) for k, v in self.seen.items()}}


async def comes_to_rest(node):
    """The node stops using the processor, soon: one that spins for nothing never does."""
    async def quiet():
        before, begun = node.process.cpu_seconds(), time.monotonic()
        await asyncio.sleep(0.5)
        return (node.process.cpu_seconds() - before) / (time.monotonic() - begun) < 0.6  # the canary's work included

    await eventually(quiet, 20, "the node at rest; it uses most of a core although nobody asks for anything")


