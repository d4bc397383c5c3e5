"""Clients that hop among the transports, and among nodes, get everything once, in one order."""

import asyncio
import random
import time
from collections import Counter

import pytest

from harness.hopper import Hopper
from harness.http1 import HttpClient
from harness.metrics import metric
from harness.timing import patience
from harness.transports import open_stream
from harness.world import World

CATCH_UP_S = 60  # after the last message was published
COMMANDS_PER_S = 40  # what a WebSocket publisher may say on one connection


def judge(hoppers, histories):
    """Exactly once, one order, gapless seq: for every client, and the same for all."""
    reference = hoppers[0].told
    for hopper in hoppers:
        twice = [key for key, count in Counter(hopper.told).items() if count > 1]
        assert not twice, f"{hopper.name} was shown {len(twice)} messages more than once, such as {twice[:3]}"
        for room, history in histories.items():
            seqs = [seq for r, seq, _ in hopper.told if r == room]
            assert seqs == list(range(1, len(history) + 1)), (
                f"{hopper.name}, {room}: {len(seqs)} of {len(history)}; the first wrong place is "
                f"{next((n for n, s in enumerate(seqs, 1) if n != s), len(seqs))}")
            ids = [i for r, _, i in hopper.told if r == room]
            assert ids == [m["id"] for m in history], f"{hopper.name}: the ids differ from the history"
        assert hopper.told == reference, f"{hopper.name} and {hoppers[0].name} saw different orders"


AGAIN_S = 0.5  # after a 503: the disk is slower than the store waits for, and the nonce makes it one message


async def publish_rest(address, user, rooms, texts):
    client = HttpClient(address, user.token)
    for n, text in enumerate(texts):
        body = {"text": text, "nonce": text[:100]}
        while (answer := await client.post(f"/api/v1/rooms/{rooms[n % len(rooms)]}/messages", body)).status == 503:
            await asyncio.sleep(AGAIN_S)
        assert answer.status in (200, 201), answer
    client.close()


async def publish_websocket(address, user, rooms, texts, connections=8):
    """The same over WebSocket commands, many in flight on several connections.

    Each stays below what one connection may say in a second, whatever the limit on sends is.
    """
    await asyncio.gather(*(_publish_paced(address, user, rooms, texts[n::connections]) for n in range(connections)))


async def _publish_paced(address, user, rooms, texts):
    stream = await open_stream("ws", address, user.token, {"rooms": rooms[0], "events": "durable"})
    waiting = {text: rooms[n % len(rooms)] for n, text in enumerate(texts)}

    async def send(text):
        await stream.send_json({"op": "send", "ref": text, "room_id": waiting[text], "text": text, "nonce": text})

    async def read_answers():
        while waiting:
            event = await stream.next_event(120)
            if event.type == "ack":
                waiting.pop(event.body["ref"])
            elif event.type == "error":
                assert event.body["error"]["status"] == 503, event
                await asyncio.sleep(AGAIN_S)
                await send(event.body["ref"])

    reading = asyncio.create_task(read_answers())
    for text in texts:
        await send(text)
        await asyncio.sleep(1 / COMMANDS_PER_S)
        if reading.done():
            break
    await reading
    await stream.close()


async def hop(nodes, proxy, total, clients):
    """Publishers and clients on whichever node; every other client hops through the proxy, too."""
    direct = [node.address for node in nodes]
    world = World(direct[0])
    publishers, readers = await world.users(4, "pub"), await world.users(10, "hop")
    owner = publishers[0]
    rooms = [await world.room_of(owner, *publishers[1:], *readers) for _ in range(3)]
    cursors = {reader.id: (await reader.sync())["cursor"] for reader in readers}
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    hoppers = []
    for n in range(clients):
        reader = readers[n % len(readers)]
        addresses = direct if n % 2 else [*direct, proxy.address]
        hoppers.append(Hopper(f"client {n}", addresses, reader, cursors[reader.id], random.Random(seed + n), total))
    share = total // 4
    texts = [[f"p{p}-{n}" for n in range(share + (total % 4 if p == 0 else 0))] for p in range(4)]
    begun = time.monotonic()
    hopping = asyncio.gather(*(hopper.run() for hopper in hoppers))
    publishing = asyncio.gather(
        *(publish_rest(direct[p % len(direct)], publishers[p], rooms, texts[p]) for p in range(3)),
        publish_websocket(direct[-1], publishers[3], rooms, texts[3]))
    try:
        await publishing
        published = time.monotonic() - begun
        done, _ = await asyncio.wait([hopping], timeout=patience(CATCH_UP_S))
        if not done:
            behind = [f"{h.name} has {len(h.told)}" for h in hoppers if not h.complete()]
            raise AssertionError(f"seed {seed}: not all of {total} messages arrived: {behind}")
        hopping.result()
    finally:
        hopping.cancel()
        publishing.cancel()
        await asyncio.gather(hopping, publishing, return_exceptions=True)
    hops = sum(h.hops for h in hoppers)
    print(f"{total} messages in {published:.1f} s; {clients} clients, {hops} hops "
          f"({sum(h.unfinished for h in hoppers)} cut short) in {time.monotonic() - begun:.1f} s")
    histories = {room: await owner.history(room) for room in rooms}
    assert sum(len(h) for h in histories.values()) == total
    judge(hoppers, histories)
    assert sorted(hoppers[0].texts) == sorted(text for some in texts for text in some)
    world.close()


def sizes(pytestconfig, share=1):
    return pytestconfig.getoption("--hop-messages") // share, pytestconfig.getoption("--hop-clients")


@pytest.mark.sanitize
@pytest.mark.slow
@pytest.mark.nginx
async def test_hopping_clients_get_every_message_exactly_once_in_one_order(site, pytestconfig):
    node = site.node("--drain-seconds", "1")
    await hop([node], site.proxy(node), *sizes(pytestconfig))


@pytest.mark.sanitize
@pytest.mark.slow
@pytest.mark.nginx
async def test_hopping_among_nodes_changes_nothing(site, pytestconfig):
    nodes = site.nodes(3, "--drain-seconds", "1")
    await hop(nodes, site.proxy(*nodes), *sizes(pytestconfig))
    assert all(metric(node, "fairlead_bus_received_total") > 0 for node in nodes)


@pytest.mark.slow
@pytest.mark.nginx
@pytest.mark.parametrize("percent", [30, 100])
async def test_hints_that_get_lost_or_come_late_change_nothing(site, pytestconfig, percent):
    nodes = site.nodes(3, "--drain-seconds", "1", "--faulty-bus-percent", str(percent))
    await hop(nodes, site.proxy(*nodes), *sizes(pytestconfig, share=2))
    assert all(metric(node, "fairlead_log_gaps_total") > 0 for node in nodes)
