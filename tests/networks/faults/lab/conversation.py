"""Two people who talk: Anna through the network under test with the client, Ben at the server itself. What both
write must reach Anna exactly once and in the server's order."""

import asyncio
import json
import os
import time

from harness.world import World
from rig.talker import HERE, Talker

_PERIOD_S = 0.3
_LINE_MAX = 8 * 1024 * 1024


class Conversation:
    """Begins when it is entered (`async with`), and both talk until `pause`."""

    def __init__(self, line, host, folder, patience_s, **options):
        self.line = line
        self.host = host
        self.patience_s = patience_s  # for what a client does that has to notice a fault first
        self.folder = folder
        self.options = options  # of the client
        self.written = []       # (text, when it was kept, in milliseconds since the epoch) by Ben
        self._number = 0        # of Ben's next
        self.asked = 0          # messages that Anna was told to send
        self._talks = asyncio.Event()
        self._talks.set()

    async def __aenter__(self):
        # Over the Unix socket, which is in no network.
        self.world = World(self.host.server.unix_path)
        self.anna, self.ben = await self.world.users(2)
        self.room = await self.world.room_of(self.anna, self.ben)
        begun = (await self.anna.sync())["cursor"]
        arguments = {"url": self.host.url, "token": self.anna.token, "cursor": begun, **self.options}
        self.talker = await _start(self.line.client, self.folder, arguments)
        self._writing = [asyncio.create_task(self._ben()), asyncio.create_task(self._anna())]
        return self

    async def __aexit__(self, *_):
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
        await self.talker.end()
        self.world.close()

    async def _ben(self):
        while True:
            await self._talks.wait()
            text = f"ben {self._number}"
            try:
                await self.ben.say(self.room, text, nonce=text)
            except OSError:  # the host is away; the same again, when it is back
                self.ben.rest.close()
            else:
                self._number += 1
                self.written.append((text, time.time() * 1000))
            await asyncio.sleep(_PERIOD_S)

    async def _anna(self):
        await self.talker.until(lambda: self.talker.of("started"), 30, "it has started")
        while True:
            await self._talks.wait()
            self.talker.send(self.room, f"anna {self.asked}")
            self.asked += 1
            await asyncio.sleep(_PERIOD_S)

    async def says(self, text):
        """Ben, out of turn."""
        await self.ben.say(self.room, text, nonce=text[:100])
        self.written.append((text, time.time() * 1000))

    def pause(self):
        self._talks.clear()

    def go_on(self):
        self._talks.set()

    # ---- what came of it

    def texts(self):
        return [message["text"] for _, message in self.talker.messages]

    def is_live_on(self, transport):
        status = self.talker.statuses[-1:]
        return bool(status) and status[0]["state"] == "live" and status[0].get("transport") == transport

    def fell_back_from(self, transport):
        status = self.talker.statuses[-1]
        return status["state"] == "live" and status.get("fellBackFrom") == transport

    def ladder_changes(self):
        """What the client said it had given up, each time that changed. That a poll stands in for a while, until a
        transport is proven (again), is none."""
        changes = [None]
        for status in self.talker.statuses:
            if status.get("fellBackFrom") != changes[-1]:
                changes.append(status.get("fellBackFrom"))
        return changes[1:]

    async def settles(self, transport, seconds=None):
        """Waits until events come to Anna by this transport."""
        await self.talker.until(lambda: self.is_live_on(transport), seconds or self.patience_s, f"events by {transport}")

    async def hears(self, more=3):
        """Waits until Anna has had so many more of Ben's messages than were written by now."""
        last = f"ben {self._number + more - 1}"
        await self.talker.until(lambda: last in self.texts(), self.patience_s, f"{last} of {self._number}")

    async def check(self):
        """Both fall silent: everything was sent once, and has come once, in the server's order."""
        self.pause()
        await self.talker.until(
            lambda: len(self.talker.of("sent")) >= self.asked, self.patience_s, "all that Anna wrote was taken")
        history = await self.ben.history(self.room)
        await self.talker.until(
            lambda: len(self.talker.messages) >= len(history), self.patience_s, "all messages have come")
        kept = [message["text"] for message in history]
        assert self.texts() == kept, f"as Anna was told them, and as they were kept:\n{_difference(self.texts(), kept)}"
        assert [message["id"] for _, message in self.talker.messages] == [message["id"] for message in history]
        assert [text for text in kept if text.startswith("anna")] == [f"anna {n}" for n in range(self.asked)]
        assert [text for text in kept if not text.startswith("anna")] == [text for text, _ in self.written]
        assert not self.talker.of("unsent")

    def longest_wait_s(self):
        """The longest time that one of Ben's messages took to come."""
        came = {message["text"]: at for at, message in self.talker.messages}
        return max((came[text] - at) / 1000 for text, at in self.written)


async def _start(namespace, folder, arguments):
    log_path = os.path.join(folder, "talker.err")
    with open(log_path, "wb") as log:
        process = await asyncio.create_subprocess_exec(
            "node", os.path.join(HERE, "talker.mjs"), json.dumps(arguments), preexec_fn=namespace.enter,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log, limit=_LINE_MAX)
    return Talker(process, log_path)


def _difference(had, wanted):
    for at, (one, other) in enumerate(zip(had, wanted, strict=False)):
        if one != other:
            return f"from {at} on: {had[at:at + 5]} and {wanted[at:at + 5]}"
    return f"{len(had)} and {len(wanted)}; {(had + wanted)[min(len(had), len(wanted)):][:5]}"
