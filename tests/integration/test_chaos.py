"""Everything goes wrong at once, and nobody loses, repeats or reorders anything.

Three nodes behind nginx, a steady load, and at random: nodes killed and started again, nodes stopped for a while
(SIGSTOP), Redis killed, restarted and flushed, nginx reloaded, clients reset.
"""

import asyncio
import random
import signal
import time
from collections import Counter

import pytest

from harness.steady import Reader, Sender, catch_up, histogram, judge
from harness.timing import patience
from harness.world import World

PAUSE_S = 20
CATCH_UP_S = 60


class Monkey:
    """What goes wrong, one thing at a time but for the pauses, which go on beside the others."""

    def __init__(self, nodes, proxy, readers, rng, pause_s):
        self.nodes, self.proxy, self.readers, self.rng, self.pause_s = nodes, proxy, readers, rng, pause_s
        self.redis = nodes[0].redis
        self.paused = None
        self.did = Counter()

    async def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            deed = self.rng.choice((self.kill_a_node, self.kill_a_node, self.pause_a_node, self.restart_redis, self.flush_redis,
                                    self.reload_nginx, self.reset_clients))
            self.did[deed.__name__] += 1
            await deed()
            await asyncio.sleep(self.rng.uniform(0.5, 3))
        await self.resume()

    async def resume(self, after_s=0):
        await asyncio.sleep(after_s)
        if self.paused:
            self.paused.process.signal(signal.SIGCONT)
            self.paused = None

    def another(self):
        return self.rng.choice([node for node in self.nodes if node is not self.paused])

    async def kill_a_node(self):
        node = self.another()
        node.kill()
        await asyncio.sleep(self.rng.uniform(0, 2))
        node.start(wait=False)
        while not node._said_ready():
            assert node.alive(), node.process.stderr()[-2000:]
            await asyncio.sleep(0.05)

    async def pause_a_node(self):
        if self.paused:
            return
        self.paused = self.another()
        self.paused.process.signal(signal.SIGSTOP)
        self.pausing = asyncio.create_task(self.resume(self.pause_s))

    async def restart_redis(self):
        self.redis.stop()
        await asyncio.sleep(self.rng.uniform(0, 3))
        self.redis.start()

    async def flush_redis(self):
        self.redis.command("FLUSHALL")

    async def reload_nginx(self):
        self.proxy.process.signal(signal.SIGHUP)

    async def reset_clients(self):
        for reader in self.rng.sample(self.readers, len(self.readers) // 3):
            reader.reset()


@pytest.mark.sanitize
@pytest.mark.slow
@pytest.mark.nginx
async def test_whatever_goes_wrong_nothing_is_lost_repeated_or_reordered(site, pytestconfig):
    seconds = pytestconfig.getoption("--chaos-seconds")
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    nodes = site.nodes(3, "--drain-seconds", "1")
    proxy = site.proxy(*nodes)
    world = World(proxy.address)
    speakers, listeners = await world.users(4, "pub"), await world.users(6, "sub")
    rooms = [await world.room_of(speakers[0], *speakers[1:], *listeners) for _ in range(3)]
    cursor = (await listeners[0].sync())["cursor"]
    senders = [Sender(f"p{n}", proxy.address, user, rooms, random.Random(seed + n)) for n, user in enumerate(speakers)]
    direct = [node.address for node in nodes]
    readers = [Reader(f"reader {n}", [proxy.address] if n % 3 else direct, listeners[n % 6], cursor, random.Random(seed + 100 + n))
               for n in range(18)]
    monkey = Monkey(nodes, proxy, readers, rng, min(PAUSE_S, seconds / 3))
    sending = [asyncio.create_task(sender.run()) for sender in senders]
    reading = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        await monkey.run(seconds)
        for sender in senders:
            sender.stopping = True
        done, waiting = await asyncio.wait(sending, timeout=patience(60))
        assert not waiting, f"seed {seed}: sends are not acknowledged though all is well again"
        for task in done:
            task.result()
        acknowledged = [i for sender in senders for i in sender.acknowledged.values()]
        await catch_up(readers, len(acknowledged), patience(CATCH_UP_S))
        for task in reading:
            if task.done():
                task.result()
    finally:
        await monkey.resume()
        for task in (*sending, *reading):
            task.cancel()
        await asyncio.gather(*sending, *reading, return_exceptions=True)
    print(f"{len(acknowledged)} messages, {sum(s.retries for s in senders)} sends repeated; "
          f"{sum(r.reconnects for r in readers)} reconnects of {len(readers)} clients; {dict(monkey.did)}")
    print(f"without a message for longer than 0.25 s: {histogram([gap for reader in readers for gap in reader.gaps])}")
    histories = {room: await speakers[0].history(room) for room in rooms}
    judge(readers, histories, acknowledged, f"seed {seed}")
    world.close()
