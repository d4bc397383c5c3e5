"""All nodes are restarted one after the other under load, as an upgrade does it."""

import asyncio
import random

import pytest

from harness.steady import Reader, Sender, catch_up, histogram, judge
from harness.timing import patience
from harness.world import World

DRAIN_S = 3


async def restart(node):
    node.begin_drain()
    while node.alive():
        await asyncio.sleep(0.05)
    assert node.process.popen.returncode == 0
    node.start(wait=False)
    while not node._said_ready():
        assert node.alive(), node.process.stderr()[-2000:]
        await asyncio.sleep(0.05)


@pytest.mark.sanitize
@pytest.mark.slow
@pytest.mark.nginx
async def test_a_rolling_restart_tells_each_client_when_to_come_back_and_loses_nothing(site):
    nodes = site.nodes(3, "--drain-seconds", str(DRAIN_S))
    proxy = site.proxy(*nodes)
    world = World(proxy.address)
    speakers, listeners = await world.users(3, "pub"), await world.users(6, "sub")
    rooms = [await world.room_of(speakers[0], *speakers[1:], *listeners) for _ in range(2)]
    cursor = (await listeners[0].sync())["cursor"]
    senders = [Sender(f"p{n}", proxy.address, user, rooms, random.Random(n)) for n, user in enumerate(speakers)]
    readers = [Reader(f"reader {n}", [proxy.address], listeners[n % 6], cursor, random.Random(100 + n)) for n in range(40)]
    sending = [asyncio.create_task(sender.run()) for sender in senders]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        for node in nodes:
            before = {reader: len(reader.byes) for reader in readers}
            on_it = [reader for reader in readers if reader.node == node.node]
            await restart(node)
            told = [reader for reader in on_it if len(reader.byes) > before[reader]]
            assert told == on_it, f"{len(told)} of {len(on_it)} streams of {node.node} were told"
            await asyncio.sleep(1)
        for sender in senders:
            sender.stopping = True
        done, waiting = await asyncio.wait(sending, timeout=patience(60))
        assert not waiting, "sends are not acknowledged though all is well again"
        acknowledged = [i for sender in senders for i in sender.acknowledged.values()]
        await catch_up(readers, len(acknowledged), patience(60))
        for task in (*done, *reading):
            if task.done():
                task.result()
    finally:
        for task in (*sending, *reading):
            task.cancel()
        await asyncio.gather(*sending, *reading, return_exceptions=True)
    waits = [in_ms for reader in readers for _, in_ms in reader.byes]
    print(f"{len(acknowledged)} messages, {sum(s.retries for s in senders)} sends repeated, {len(waits)} byes; told to come back in "
          f"{sorted(waits)} ms")
    print(f"without a message for longer than 0.25 s: {histogram([gap for reader in readers for gap in reader.gaps])}")
    assert all(0 <= wait <= 1000 * DRAIN_S for wait in waits)
    assert max(waits) - min(waits) > 1000 * DRAIN_S / 3 and len(set(waits)) > len(waits) / 2, "spread over the drain"
    histories = {room: await speakers[0].history(room) for room in rooms}
    judge(readers, histories, acknowledged, "rolling restart")
    world.close()
