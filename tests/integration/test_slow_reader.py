"""A client that stops reading loses nothing and costs bounded memory (Must show 8, G6)."""

import asyncio
import time

import pytest

from harness.events import message_of
from harness.timing import SLOWDOWN, eventually, patience
from harness.transports import open_stream
from harness.world import World
from test_hopping import publish_rest

SLOW_CLIENTS = 10  # of each transport
OUTBOX_BYTES = 256 * 1024
STOP_S = 20


async def flood(node, publishers, room, count, tag):
    """`count` messages of about 250 bytes, over a few connections of each publisher."""
    senders = publishers * 4
    share = count // len(senders)
    pad = "x" * 220
    await asyncio.gather(*(
        publish_rest(node.address, sender, [room], [f"{tag}-{n}-{i} {pad}" for i in range(share)])
        for n, sender in enumerate(senders)))
    return share * len(senders)


@pytest.mark.sanitize
@pytest.mark.slow
async def test_clients_that_stop_reading_lose_nothing(site, pytestconfig):
    """Side by side, as both mostly wait. Sanitizers get the first part alone."""
    count = pytestconfig.getoption("--slow-messages")
    parts = [stopped_for_20_s_gets_all_in_order(site.node("--drain-seconds", "1"), count)]
    if SLOWDOWN == 1:
        parts.append(reading_nothing_for_60_s_is_closed_as_slow(site.node("--drain-seconds", "1", redis=None)))
    await asyncio.gather(*parts)


async def stopped_for_20_s_gets_all_in_order(node, count):
    """And the memory that it costs stays under its outbox bound."""
    world = World(node.address)
    publishers, readers = await world.users(4, "pub"), await world.users(4, "slow")
    room = await world.room_of(publishers[0], *publishers[1:], *readers)
    # Load without slow clients first, until the in-memory tail is full: tail, caches and allocator then have their size.
    sent = await flood(node, publishers, room, 2 * count, "warm")
    streams = []
    for n in range(SLOW_CLIENTS):
        for kind in ("ws", "sse"):
            stream = await open_stream(kind, node.address, readers[n % 4].token,
                                       {"heartbeat": 55, "probe": 0}, rcvbuf=8192)
            streams.append(stream)
    before = node.process.rss_bytes()
    stopped_at = time.monotonic()
    highest = before
    flooding = asyncio.create_task(flood(node, publishers, room, count, "slow"))
    while not flooding.done() or time.monotonic() - stopped_at < STOP_S:
        highest = max(highest, node.process.rss_bytes())
        await asyncio.sleep(0.1)
    more = await flooding
    if SLOWDOWN == 1:
        allowed = len(streams) * OUTBOX_BYTES + (16 << 20)
        print(f"{len(streams)} stopped clients, {more} messages: RSS grew by {(highest - before) >> 10} KiB")
        assert highest - before < allowed, (
            f"RSS grew by {(highest - before) >> 20} MiB for {len(streams)} stopped clients, allowed {allowed >> 20} MiB")

    async def catch_up(stream):
        seqs = []
        while len(seqs) < more:
            event = await stream.next_event(patience(30))
            if event.type == "message.created":
                seqs.append(message_of(event)["seq"])
        return seqs

    for seqs in await asyncio.gather(*(catch_up(s) for s in streams)):
        assert seqs == list(range(sent + 1, sent + more + 1))
    for stream in streams:
        stream.abandon()
    world.close()


async def reading_nothing_for_60_s_is_closed_as_slow(node):
    """And resumes from its cursor with nothing lost."""
    world = World(node.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stopped = {kind: await open_stream(kind, node.address, bob.token, {"probe": 0, "heartbeat": 55}, rcvbuf=4096)
               for kind in ("ws", "sse")}
    stopped["ws"].answers_pings = False
    before = node.process.open_fds()
    sent = await flood(node, [ann] * 4, room, 8000, "never-read")
    await eventually(lambda: node.process.open_fds() <= before - 2, 120, "both slow clients are closed", every_s=0.25)
    for kind, stream in stopped.items():
        cursor, seqs = stream.hello.body["cursor"], []
        try:
            while True:
                event = await stream.next_event(5)
                cursor = event.cursor or cursor
                if event.type == "message.created":
                    seqs.append(message_of(event)["seq"])
        except Exception:
            pass  # cut in the middle of whatever was in flight
        again = await bob.stream(kind, {"cursor": cursor})
        while len(seqs) < sent:
            event = await again.next_event()
            if event.type == "message.created":
                seqs.append(message_of(event)["seq"])
        assert seqs == list(range(1, sent + 1)), kind
        stream.abandon()
    world.close()
