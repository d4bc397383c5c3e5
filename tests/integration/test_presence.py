"""Presence does not flap (G7), and is right with and without Redis."""

import asyncio
import time

import pytest

from harness.timing import eventually, patience
from harness.transports import open_stream
from harness.world import World, expect

GRACE_S = 15


async def status_of(asker, user):
    users = expect(await asker.rest.get(f"/api/v1/presence?users={user.id}"), 200).json["users"]
    return users[user.id]["status"]


class Watch:
    """What one client is told about another's presence, with times."""

    def __init__(self, stream, user):
        self.stream, self.user = stream, user
        self.told = []
        self.task = asyncio.create_task(self._run())

    async def _run(self):
        while True:
            event = await self.stream.next_event(120)
            if event.type == "presence":
                state = event.body["data"]["users"].get(self.user.id)
                if state:
                    self.told.append((state["status"], time.monotonic()))

    def statuses(self):
        if self.task.done():
            self.task.result()
        return [status for status, _ in self.told]

    def stop(self):
        self.task.cancel()


async def moves_and_leaves(node):
    """Twenty moves over all transports, some with a gap: nobody is told. Then a leave: all are told, after the grace."""
    world = World(node.address)
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    watch = Watch(await ann.stream("ws"), bob)
    assert await status_of(ann, bob) == "offline"
    current = await bob.stream("ws")
    await eventually(lambda: watch.statuses() == ["online"], 10, "online is announced")
    await eventually(lambda: status_is(ann, bob, "online"), 10, "REST says online")
    users = (await ann.rest.get(f"/api/v1/presence?users={bob.id}")).json["users"]
    assert users[bob.id]["transports"] == ["websocket"], users
    session = current.hello.body["session"]
    for n in range(20):
        if n % 2:
            current.abandon()
            await asyncio.sleep(0.2)
        new = await bob.stream(("sse", "poll", "ws")[n % 3], {"session": session})
        current.abandon()
        current = new
        session = new.session if new.kind == "poll" else new.hello.body["session"]
    new = await bob.stream("ws", {"session": session})
    current.abandon()
    new.abandon()
    left_at = time.monotonic()
    await asyncio.sleep(GRACE_S - 3)
    assert watch.statuses() == ["online"], f"moving or leaving was announced too early: {watch.statuses()}"
    assert await status_of(ann, bob) in ("online", "away")
    await eventually(lambda: watch.statuses() == ["online", "offline"], 20, "offline is announced after the grace")
    assert watch.told[-1][1] - left_at > GRACE_S - 2
    await eventually(lambda: status_is(ann, bob, "offline"), 10, "REST says offline")
    await bob.stream("sse")
    await eventually(lambda: watch.statuses() == ["online", "offline", "online"], 10, "online again")
    watch.stop()
    world.close()


async def stops_polling(node):
    """A poll client cannot say that it leaves: its session first ends, 30 s at most after the last poll."""
    world = World(node.address)
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    watch = Watch(await ann.stream("ws"), bob)
    poll = await bob.stream("poll")
    for _ in range(8):
        await poll.step(timeout=1)
    assert watch.statuses() == ["online"], "polls one after another are one presence"
    poll.abandon()
    await eventually(lambda: watch.statuses() == ["online", "offline"], 30 + GRACE_S + 10, "who stopped polling is offline")
    watch.stop()
    world.close()


@pytest.mark.slow
async def test_moving_announces_nothing_and_leaving_is_announced_after_the_grace(site):
    """With presence in Redis and in memory, side by side."""
    nodes = [site.node("--drain-seconds", "1", redis=redis) for redis in ("own", None)]
    await asyncio.gather(*(check(node) for node in nodes for check in (moves_and_leaves, stops_polling)))


async def status_is(asker, user, status):
    return await status_of(asker, user) == status


@pytest.mark.slow
async def test_after_kill_minus_9_nobody_stays_online_as_a_ghost(site):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    await bob.stream("ws")
    await eventually(lambda: status_is(ann, bob, "online"), 10, "bob is online")
    node.kill()
    node.start()
    killed_at = time.monotonic()
    await eventually(lambda: status_is(ann, bob, "offline"), 30, "bob, who did not come back, is offline", every_s=0.2)
    assert time.monotonic() - killed_at < patience(25)
    world.close()


@pytest.mark.sanitize
async def test_two_connections_are_one_online_user(server, world):
    ann, bob = await world.users(2)
    await world.room_of(ann, bob)
    watch = Watch(await ann.stream("ws"), bob)
    first, second = await bob.stream("ws"), await bob.stream("sse")
    await eventually(lambda: watch.statuses() == ["online"], 10, "online is announced once")
    first.abandon()
    await asyncio.sleep(1)
    assert watch.statuses() == ["online"] and await status_of(ann, bob) == "online"
    second.abandon()
    watch.stop()


async def test_an_idle_session_costs_redis_nothing(site):
    """Leases: the number of commands does not grow with the number of sessions."""
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    people = await world.users(3)

    def commands():
        info = node.redis.command("INFO", "stats").decode()
        return int(next(line for line in info.splitlines() if line.startswith("total_commands_processed")).split(":")[1])

    async def rate(seconds=4):
        before = commands()
        await asyncio.sleep(seconds)
        return commands() - before

    alone = await rate()
    streams = [await open_stream(kind, node.address, people[n % 3].token) for n in range(40) for kind in ("ws", "sse")]
    await asyncio.sleep(2)
    crowded = await rate()
    assert crowded <= alone + 20, f"80 idle sessions cost {crowded} commands in 4 s, none cost {alone}"
    for stream in streams:
        stream.abandon()
    world.close()
