"""Redis stopped, hung and started again under load (Must show 10, G8)."""

import asyncio
import signal

import pytest

from harness.events import message_of
from harness.http1 import HttpClient
from harness.timing import eventually, patience
from harness.world import World, expect
from test_presence import status_of


class Load:
    """Sends all the time and follows on every transport."""

    def __init__(self, node, speaker, listener, room):
        self.node, self.speaker, self.room = node, speaker, room
        self.listener = listener
        self.sent, self.worst_s, self.stopping = 0, 0.0, False
        self.got = {"ws": [], "sse": [], "poll": []}

    async def start(self):
        self.streams = {kind: await self.listener.stream(kind) for kind in self.got}
        self.tasks = [asyncio.create_task(self._send())] + [
            asyncio.create_task(self._follow(kind)) for kind in self.got]

    async def _send(self):
        client = HttpClient(self.node.address, self.speaker.token)
        loop = asyncio.get_running_loop()
        while not self.stopping:
            begun = loop.time()
            answer = await client.post(f"/api/v1/rooms/{self.room}/messages", {"text": f"{self.sent}"})
            assert answer.status == 201, f"a send failed: {answer}"
            self.worst_s = max(self.worst_s, loop.time() - begun)
            self.sent += 1
            await asyncio.sleep(0.005)
        client.close()

    async def _follow(self, kind):
        while True:
            event = await self.streams[kind].next_event(60)
            if event.type == "message.created":
                self.got[kind].append(message_of(event)["seq"])

    async def goes_on(self, messages=100):
        """Another `messages` are sent, and delivered on every transport."""
        target = self.sent + messages
        await eventually(lambda: self._reached(target), 30, f"{messages} more messages are sent and delivered")

    def _reached(self, target):
        for task in self.tasks:
            if task.done():
                task.result()
        return self.sent >= target and all(len(got) >= target for got in self.got.values())

    async def stop(self):
        self.stopping = True
        await self.tasks[0]
        await eventually(lambda: all(len(got) >= self.sent for got in self.got.values()), 30, "the rest arrives")
        for task in self.tasks:
            task.cancel()
        for kind, got in self.got.items():
            assert got == list(range(1, self.sent + 1)), f"{kind}: {len(got)} of {self.sent}, or out of order"
        assert self.worst_s < patience(5), f"a send took {self.worst_s:.1f} s"


async def wait_for_status(asker, user, status, seconds=40):
    async def check():
        return await status_of(asker, user) == status
    await eventually(check, seconds, f"presence says {status}", every_s=0.1)


@pytest.mark.sanitize
@pytest.mark.slow
async def test_redis_stopped_and_started_again_under_load(site):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    load = Load(node, ann, bob, room)
    await load.start()
    await wait_for_status(ann, bob, "online")
    await load.goes_on()
    for _ in range(2):
        node.redis.stop()
        await load.goes_on()
        await wait_for_status(ann, bob, "unknown")
        users = expect(await ann.rest.get(f"/api/v1/rooms/{room}/presence"), 200).json["users"]
        assert {u["status"] for u in users.values()} == {"unknown"}, users
        ready = await ann.rest.get("/readyz")
        assert ready.status == 200 and b"degraded" in ready.body, ready
        expect(await ann.rest.get("/api/v1/sync"), 200)
        late = await world.user("late")  # accounts and new connections work without Redis
        await late.join(room)
        await late.stream("ws")
        await load.goes_on()
        node.redis.start()
        await load.goes_on()
        await wait_for_status(ann, bob, "online")
        await wait_for_status(ann, late, "online")
    await load.stop()
    world.close()


@pytest.mark.slow
async def test_a_redis_that_hangs_holds_nobody_up(site):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    load = Load(node, ann, bob, room)
    await load.start()
    await wait_for_status(ann, bob, "online")
    node.redis.process.signal(signal.SIGSTOP)
    try:
        await load.goes_on()
        await wait_for_status(ann, bob, "unknown")
        await load.goes_on()
    finally:
        node.redis.process.signal(signal.SIGCONT)
    await wait_for_status(ann, bob, "online")
    await load.goes_on()
    await load.stop()
    world.close()


async def test_a_node_starts_without_its_redis_and_finds_it_later(site):
    from harness.redis_server import RedisServer
    redis = RedisServer(site.folder())
    node = site.node("--drain-seconds", "1", redis=redis)
    site.started.insert(0, redis.stop)
    world = World(node.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    await bob.stream("ws")
    await ann.say(room, "no Redis yet")
    assert await status_of(ann, bob) == "unknown"
    redis.start()
    await wait_for_status(ann, bob, "online")
    world.close()


async def test_without_redis_presence_is_in_memory_and_readyz_says_one_node(site):
    node = site.node("--drain-seconds", "1", redis=None)
    world = World(node.address)
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    await bob.stream("ws")
    await wait_for_status(ann, bob, "online")
    ready = expect(await ann.rest.get("/readyz"), 200)
    assert ready.body
    world.close()
