"""A steady load: who sends until it is acknowledged, who reads whatever happens to its connection, and what must be true then."""

import asyncio
import time
from collections import Counter

from .events import message_of
from .http1 import HttpClient
from .transports import open_stream
from .websocket import Closed, Refused
from .wire import Gone

LOST = (Refused, Gone, Closed, OSError, TimeoutError)
SILENCE_S = 7  # heartbeats come every 5 s: a connection that says nothing for longer is dead


class Sender:
    """Says one thing after the other, each again with the same nonce until it is acknowledged."""

    def __init__(self, name, address, user, rooms, rng):
        self.name, self.address, self.user, self.rooms, self.rng = name, address, user, rooms, rng
        self.acknowledged = {}  # nonce -> message id
        self.retries = 0
        self.stopping = False

    async def run(self):
        n = 0
        client = HttpClient(self.address, self.user.token)
        while not self.stopping:
            nonce, room = f"{self.name}-{n}", self.rng.choice(self.rooms)
            while nonce not in self.acknowledged:
                try:
                    answer = await client.post(f"/api/v1/rooms/{room}/messages", {"text": nonce, "nonce": nonce}, seconds=10)
                    assert answer.status in (200, 201, 429, 502, 503, 504), answer
                    if answer.status in (200, 201):
                        self.acknowledged[nonce] = answer.json["id"]
                        break
                except LOST:
                    pass
                self.retries += 1
                client.close()
                client = HttpClient(self.address, self.user.token)
                await asyncio.sleep(0.1 + 0.2 * self.rng.random())
            n += 1
            await asyncio.sleep(0.02)
        client.close()


class Reader:
    """Stays where it is as long as that speaks; else resumes elsewhere, on any transport."""

    def __init__(self, name, addresses, user, cursor, rng):
        self.name, self.addresses, self.user, self.cursor, self.rng = name, addresses, user, cursor, rng
        self.told = []
        self.session = None
        self.stream = None
        self.node = None  # the one that has said hello to the stream of now
        self.reconnects = 0
        self.gaps = []  # seconds between two messages
        self.byes = []  # (when, reconnect_in_ms)
        self.last = time.monotonic()

    async def run(self):
        while True:
            told_before = len(self.byes)
            try:
                await self.follow(self.rng.choice(("ws", "sse", "poll")))
            except LOST:
                pass
            finally:
                self.node = None
                if self.stream:
                    self.stream.abandon()
            self.reconnects += 1
            told = self.byes[told_before:]
            await asyncio.sleep(told[-1][1] / 1000 if told else 0.1 * self.rng.random())

    async def follow(self, kind):
        params = {"cursor": self.cursor, "session": self.session, "heartbeat": 5}
        self.stream = stream = await open_stream(kind, self.rng.choice(self.addresses), self.user.token, params, hello=False)
        proved = kind == "poll"
        while True:
            if kind == "poll":
                answer = await stream.ask(timeout=4, seconds=SILENCE_S)
                for event in answer.events:
                    self.see(event)
                stream.take(answer)
                self.session, self.cursor = answer.session, answer.cursor
                if any(event.type == "bye" for event in answer.events):
                    return
            else:
                self.see(await stream.next_event(SILENCE_S))
                if not proved and stream.hello:
                    proved = True
                    await stream.prove()

    def see(self, event):
        if event.type == "hello":
            assert event.body["resume"] == "resumed", f"{self.name}: {event}"
            self.session, self.node = event.body["session"], event.body["node"]
        if event.cursor:
            self.cursor = event.cursor
        if event.type == "bye":
            self.byes.append((time.monotonic(), event.body["reconnect_in_ms"]))
        if event.type == "message.created":
            message = message_of(event)
            self.told.append((message["room_id"], message["seq"], message["id"]))
            now = time.monotonic()
            self.gaps.append(now - self.last)
            self.last = now

    def reset(self):
        wire = self.stream and (self.stream.client.wire if self.stream.kind == "poll" else self.stream.wire)
        if wire and not wire.closed:
            wire.reset()


async def catch_up(readers, count, seconds):
    """Until all readers have `count` messages, or the time is over."""
    end = time.monotonic() + seconds
    while any(len(reader.told) < count for reader in readers) and time.monotonic() < end:
        await asyncio.sleep(0.1)


def judge(readers, histories, acknowledged, where):
    """What was acknowledged is there once, and each reader was shown all of it once and in the same order."""
    ids = Counter(message["id"] for history in histories.values() for message in history)
    assert set(ids) == set(acknowledged) and max(ids.values()) == 1, f"{where}: history and acknowledgements differ"
    for reader in readers:
        twice = [key for key, count in Counter(reader.told).items() if count > 1]
        assert not twice, f"{where}, {reader.name}: {len(twice)} messages more than once, such as {twice[:3]}"
        for room, history in histories.items():
            assert [i for r, _, i in reader.told if r == room] == [m["id"] for m in history], (
                f"{where}, {reader.name}: not as in the history")
        assert reader.told == readers[0].told, f"{where}, {reader.name}: another order than {readers[0].name}"


def histogram(gaps):
    bounds = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
    counts = Counter(next((b for b in bounds if gap <= b), ">32") for gap in gaps if gap > 0.25)
    return ", ".join(f"<={b} s: {counts[b]}" for b in (*bounds[1:], ">32") if counts[b])
