"""Leaving well: SIGTERM (PROTOCOL.md section 5)."""

import asyncio
import time

import pytest

from harness.events import message_of
from harness.http1 import HttpClient
from harness.timing import patience
from harness.transports import open_stream
from harness.world import World


@pytest.mark.sanitize
async def test_sigterm_says_bye_to_everyone_spread_over_the_drain_time_and_exits_0(site):
    node = site.node("--drain-seconds", "3", redis=None)
    world = World(node.address)
    ann = await world.user("ann")
    sockets = [await ann.stream("ws") for _ in range(20)]
    streams = [await ann.stream("sse") for _ in range(20)]
    poll = await ann.stream("poll")
    held = asyncio.create_task(poll.ask(timeout=50))
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    node.begin_drain()

    async def farewell(stream):
        events, closed = await stream.until_closed(20)
        byes = [e for e in events if e.type == "bye"]
        assert len(byes) == 1, (stream.kind, events, closed)
        assert byes[0].body["resume"] is True and byes[0].body["reconnect_in_ms"] >= 0, byes
        if stream.kind == "websocket":
            assert closed.code == 1012, closed
        else:
            assert closed.code == 1000, "an SSE stream ends as a finished response"
        return byes[0].body["reconnect_in_ms"]

    waits = await asyncio.gather(*(farewell(s) for s in sockets + streams))
    assert len(set(waits)) > 10, f"reconnects are not spread: {sorted(waits)}"
    answer = await held
    assert answer.response.status == 200
    code = await asyncio.to_thread(node.process.wait, 20)
    assert code == 0 and time.monotonic() - begun < patience(3 + 8)
    with pytest.raises(OSError):
        await open_stream("ws", node.address, ann.token)
    world.close()


@pytest.mark.sanitize
async def test_nothing_is_lost_over_a_restart_under_load(site):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await ann.stream("ws")
    cursor = stream.hello.body["cursor"]
    acknowledged, stop = [], asyncio.Event()

    async def publish(n):
        client = HttpClient(node.address, bob.token)
        count = 0
        while not stop.is_set():
            text = f"{n}.{count}"
            try:
                answer = await client.post(f"/api/v1/rooms/{room}/messages", {"text": text, "nonce": f"{room}-{text}"})
            except (OSError, Exception):
                await asyncio.sleep(0.02)
                continue
            if answer.status in (200, 201):
                acknowledged.append(text)
                count += 1
            else:
                assert answer.status == 503, answer
                await asyncio.sleep(0.02)
        client.close()

    publishing = [asyncio.create_task(publish(n)) for n in range(3)]
    await asyncio.sleep(0.7)
    assert await asyncio.to_thread(node.terminate) == 0
    node.start()
    await asyncio.sleep(0.7)
    stop.set()
    await asyncio.gather(*publishing)
    stream = await ann.stream("sse", {"cursor": cursor})
    assert stream.hello.body["resume"] == "resumed", "an old cursor is good after a restart"
    got = []
    while len(got) < len(acknowledged):
        event = await stream.next_event()
        if event.type == "message.created":
            got.append(message_of(event)["text"])
    assert sorted(got) == sorted(acknowledged)
    assert [m["text"] for m in await ann.history(room)] == got
    world.close()


async def test_a_second_start_keeps_accounts_tokens_and_rooms(site):
    node = site.node(redis=None)
    world = World(node.address)
    ann = await world.user("ann")
    room = await ann.new_room()
    sent = await ann.say(room, "remember me", nonce="kept")
    assert node.terminate() == 0
    node.start()
    again = await ann.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "remember me", "nonce": "kept"})
    assert again.status == 200 and again.json["id"] == sent["id"], "nonces are kept as long as messages"
    assert [m["id"] for m in await ann.history(room)] == [sent["id"]]
    stream = await ann.stream("ws")
    await ann.say(room, "and go on")
    while True:
        event = await stream.next_event()
        if event.type == "message.created":
            assert message_of(event)["seq"] == 2
            break
    world.close()
