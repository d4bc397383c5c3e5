"""kill -9 under load: acknowledged means kept, delivered means committed (Must show 5)."""

import asyncio
import random
import time
from collections import Counter

import pytest

from harness.events import message_of
from harness.http1 import HttpClient
from harness.timing import SLOWDOWN, patience
from harness.transports import open_stream
from harness.world import World


class Publisher:
    """Sends numbered messages, each with its nonce until it is acknowledged."""

    def __init__(self, name, node, user, room):
        self.name, self.node, self.user, self.room = name, node, user, room
        self.acknowledged = {}  # text -> message id
        self.stop = False

    async def run(self):
        client = HttpClient(self.node.address, self.user.token)
        count = 0
        while not self.stop:
            text = f"{self.name}-{count}"
            try:
                answer = await client.post(f"/api/v1/rooms/{self.room}/messages", {"text": text, "nonce": f"{self.room}-{text}"},
                                           seconds=10)
            except Exception:  # the node is down, or went down with this request in flight
                client.close()
                await asyncio.sleep(0.02)
                continue
            assert answer.status in (200, 201, 503), answer
            if answer.status == 503:
                continue
            self.acknowledged[text] = answer.json["id"]
            count += 1
        client.close()


class Follower:
    """Stays on one transport and comes back with its last cursor after each crash, and sometimes with its session."""

    def __init__(self, kind, node, user, cursor):
        self.kind, self.node, self.user, self.cursor = kind, node, user, cursor
        self.session = None
        self.told = []
        self.resumes = []

    async def run(self):
        while True:
            session = self.session if len(self.resumes) % 2 or self.kind == "poll" else None
            try:
                stream = await open_stream(self.kind, self.node.address, self.user.token,
                                           {"cursor": self.cursor, "session": session}, hello=False)
            except Exception:
                await asyncio.sleep(0.02)
                continue
            try:
                while True:
                    event = await stream.next_event(30)
                    self.see(event)
                    self.session = self.session if self.kind != "poll" else stream.session
                    if event.type == "hello":
                        await stream.prove()
            except (asyncio.CancelledError, AssertionError):
                raise
            except Exception:
                await asyncio.sleep(0.02)
            finally:
                stream.abandon()

    def see(self, event):
        if event.type == "hello":
            self.resumes.append(event.body["resume"])
            self.session = event.body["session"]
        if event.cursor:
            self.cursor = event.cursor
        if event.type == "message.created":
            message = message_of(event)
            self.told.append((message["seq"], message["id"], message["text"]))


@pytest.mark.sanitize
@pytest.mark.slow
async def test_kill_minus_9_loses_no_acknowledged_message_and_shows_no_uncommitted_one(site, pytestconfig):
    rounds = pytestconfig.getoption("--crash-rounds")
    node = site.node()
    world = World(node.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    cursor = (await bob.sync())["cursor"]
    followers = [Follower(kind, node, bob, cursor) for kind in ("ws", "sse", "poll")]
    publishers = [Publisher(f"p{n}", node, ann, room) for n in range(4)]
    following = [asyncio.create_task(f.run()) for f in followers]
    publishing = [asyncio.create_task(p.run()) for p in publishers]
    rng = random.Random(time.time())
    for _ in range(rounds):
        before = sum(len(p.acknowledged) for p in publishers)
        await asyncio.sleep(rng.uniform(0.1, 0.6) * SLOWDOWN)
        end = time.monotonic() + patience(20)
        while sum(len(p.acknowledged) for p in publishers) < before + 5 and time.monotonic() < end:
            await asyncio.sleep(0.01)  # each round has its load
        await asyncio.to_thread(node.kill)
        node.start(wait=False)
        await asyncio.to_thread(node.wait_ready)
    await asyncio.sleep(0.5 * SLOWDOWN)
    for publisher in publishers:
        publisher.stop = True
    await asyncio.gather(*publishing)
    world.people[0].rest.close()
    history = await ann.history(room)
    ids = {m["id"] for m in history}
    texts = Counter(m["text"] for m in history)
    acknowledged = {}
    for publisher in publishers:
        acknowledged.update(publisher.acknowledged)
    lost = [text for text, ident in acknowledged.items() if ident not in ids]
    assert not lost, f"{len(lost)} of {len(acknowledged)} acknowledged messages are lost: {lost[:5]}"
    assert max(texts.values()) == 1, f"made twice: {[t for t, c in texts.items() if c > 1][:5]}"
    assert [m["seq"] for m in history] == list(range(1, len(history) + 1)), "seq has gaps"
    truth = [(m["seq"], m["id"], m["text"]) for m in history]
    committed = set(truth)
    end = time.monotonic() + patience(60)
    while any(len(f.told) < len(truth) for f in followers) and time.monotonic() < end:
        for task in following:
            if task.done():
                task.result()
        await asyncio.sleep(0.05)
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    print(f"{rounds} kills, {len(acknowledged)} acknowledged, {len(history)} in the history")
    for follower in followers:
        never = [t for t in follower.told if t not in committed]
        assert not never, f"{follower.kind} was shown what history does not have: {never[:3]}"
        assert follower.told == truth, f"{follower.kind}: {len(follower.told)} of {len(truth)}, or out of order"
        assert follower.kind == "poll" or len(follower.resumes) > rounds / 2
        assert set(follower.resumes) <= {"resumed"}, f"{follower.kind}: {Counter(follower.resumes)}"
    world.close()
