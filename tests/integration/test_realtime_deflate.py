"""permessage-deflate (RFC 7692): what it changes is bytes, and nothing else."""

import asyncio

import pytest

from harness.canary import Canary
from harness.transports import next_message
from harness.websocket import OFFERS_DEFLATE, TEXT, WebSocket, deflated, frame
from harness.world import World, expect


@pytest.fixture
def node(site):
    return site.node("--websocket-deflate", "on", "--outbox-bytes", "16384", redis=None)


@pytest.fixture
def here(node):
    world = World(node.address)
    yield world
    world.close()


def with_deflate(node, person, **more):
    return WebSocket.open(node.address, person.token, headers=[OFFERS_DEFLATE], **more)


async def test_it_is_spoken_where_client_and_operator_want_it(site, node, here):
    without = site.node("--websocket-deflate", "off", redis=None)
    world = World(without.address)
    stream = await with_deflate(without, await world.user("ann"))
    assert stream.response.header("sec-websocket-extensions") is None
    await stream.close()
    world.close()
    stream = await with_deflate(node, await here.user("ann"))
    assert stream.response.header("sec-websocket-extensions") == (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
    await stream.close()
    stream = await WebSocket.open(node.address, (await here.user("bob")).token)
    assert stream.response.header("sec-websocket-extensions") is None
    await stream.close()


@pytest.mark.sanitize
async def test_live_and_missed_events_are_the_same_with_and_without(node, here):
    ann, bob = await here.users(2)
    room = await here.room_of(ann, bob)
    inflating, plain = await with_deflate(node, ann), await WebSocket.open(node.address, ann.token)
    cursor = (await inflating.next_event()).body["cursor"]
    await plain.next_event()
    texts = ["short", "wörds " * 100, "x" * 4000] + [f"{n} " * 50 for n in range(50)]
    for text in texts:
        expect(await bob.rest.post(f"/api/v1/rooms/{room}/messages", {"text": text}), 201)
    ways = [inflating, plain, await with_deflate(node, ann, params={"cursor": cursor})]
    events = [[await next_message(stream) for _ in texts] for stream in ways]
    assert [event.body["data"]["text"] for event in events[0]] == texts
    assert [event.body for event in events[0]] == [event.body for event in events[1]]
    assert [event.body for event in events[0]] == [event.body for event in events[2]]
    assert inflating.inflated >= len(texts) and plain.inflated == 0
    for stream in ways:
        await stream.close()


async def test_commands_may_be_compressed(node, here):
    ann = await here.user("ann")
    room = await here.room_of(ann)
    stream = await with_deflate(node, ann)
    answer = await stream.command("send", room_id=room, text="said with little " * 100, nonce="1")
    assert answer["type"] == "ack" and answer["data"]["text"] == "said with little " * 100
    message = await next_message(stream)
    assert message.body["data"]["nonce"] == "1"
    await stream.close()


@pytest.mark.sanitize
async def test_bombs_end_with_1009_and_hurt_nobody(node, here):
    ann = await here.user("ann")
    bomb = frame(TEXT, deflated(b"a" * 40_000_000), rsv=4)
    async with Canary(node):
        streams = [await with_deflate(node, ann) for _ in range(20)]
        for stream in streams:
            await stream.wire.send(bomb)
        for _, closed in await asyncio.gather(*(stream.until_closed(20) for stream in streams)):
            assert closed.code == 1009, closed


@pytest.mark.sanitize
async def test_a_slow_reader_is_fed_from_the_log_and_loses_nothing(node, here):
    ann = await here.user("ann")
    room = await here.room_of(ann)
    stream = await with_deflate(node, ann, rcvbuf=4096)
    await stream.next_event()
    texts = [f"{n} " + "".join(chr(97 + (n * i * i) % 26) for i in range(3000)) for n in range(150)]
    for text in texts:
        expect(await ann.rest.post(f"/api/v1/rooms/{room}/messages", {"text": text}), 201)
    got = [(await next_message(stream)).body["data"]["text"] for _ in texts]
    assert got == texts
    await stream.close()
