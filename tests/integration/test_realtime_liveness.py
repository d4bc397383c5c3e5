"""Heartbeats, probes and sessions that end because nobody proved them (PROTOCOL.md section 5)."""

import asyncio
import time

import pytest

from harness.timing import patience
from harness.transports import next_of
from harness.websocket import Closed


@pytest.mark.parametrize("asked, granted", [(1, 5), (5, 5), (30, 30), (55, 55), (600, 55)])
async def test_the_heartbeat_is_clamped(server, world, asked, granted):
    ann = await world.user("ann")
    for kind in ("ws", "sse", "poll"):
        stream = await ann.stream(kind, {"heartbeat": asked})
        assert stream.hello.body["heartbeat_seconds"] == granted, kind


@pytest.mark.sanitize
async def test_a_heartbeat_carries_the_head_when_nothing_else_is_sent(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)

    async def watch(kind):
        stream = await ann.stream(kind, {"heartbeat": 5})
        message = await bob.say(room, f"for {kind}")
        last = await next_of(stream, "message.created")
        while message["id"].encode() not in last.raw:
            last = await next_of(stream, "message.created")
        begun = time.monotonic()
        beat = await next_of(stream, "heartbeat", "message.created", seconds=patience(20))
        while beat.type == "message.created":  # the other watchers' messages
            last, begun = beat, time.monotonic()
            beat = await next_of(stream, "heartbeat", "message.created", seconds=patience(20))
        assert beat.body["head"] == last.cursor, f"{kind}: head is the last durable event's cursor"
        assert time.monotonic() - begun > 3, f"{kind}: a heartbeat right after an event"
        again = await next_of(stream, "heartbeat", seconds=patience(20))
        assert again.body["head"] == last.cursor
        if kind == "ws":
            assert stream.pings >= 1, "each heartbeat comes with a ping"

    await asyncio.gather(watch("ws"), watch("sse"))


@pytest.mark.sanitize
async def test_unproven_sessions_end_and_proven_or_excused_ones_stay(server, world):
    """10 s: one test for all of them, side by side."""
    ann = await world.user("ann")

    async def unproven_ws():
        stream = await ann.stream("ws", {"heartbeat": 5}, prove=False)
        begun = time.monotonic()
        events, closed = await stream.until_closed(30)
        assert closed.code == 4010, closed
        assert any(e.type == "bye" and e.body.get("code") == "unproven" for e in events), events
        assert time.monotonic() - begun > 5

    async def silent_ws():
        """No pong, no probe: nothing at all comes from this client."""
        stream = await ann.stream("ws", {"heartbeat": 5, "probe": 0})
        stream.answers_pings = False
        _, closed = await stream.until_closed(40)
        assert closed.code != 1000, closed

    async def unproven_sse():
        stream = await ann.stream("sse", {"heartbeat": 5}, prove=False)
        probe = await next_of(stream, "probe")
        assert probe.cursor is None
        events, _ = await stream.until_closed(30)
        assert events and events[-1].type == "bye" and events[-1].body["code"] == "unproven", events

    async def wrong_word_ws():
        stream = await ann.stream("ws", {"heartbeat": 5}, prove=False)
        await stream.send_json({"op": "probe", "probe": "wrong"})
        _, closed = await stream.until_closed(30)
        assert closed.code in (4010, 4003), closed

    async def stays(kind, params, prove):
        stream = await ann.stream(kind, {"heartbeat": 5, **params}, prove=prove)
        end = time.monotonic() + 14
        try:
            while time.monotonic() < end:
                await next_of(stream, "heartbeat", seconds=patience(15))
        except Closed as closed:
            raise AssertionError(f"{kind} {params} proved={prove} was ended: {closed}") from None

    await asyncio.gather(
        unproven_ws(), unproven_sse(), silent_ws(), wrong_word_ws(), stays("ws", {}, True), stays("sse", {}, True),
        stays("ws", {"probe": 0}, False), stays("sse", {"probe": 0}, False))


async def test_the_probe_event_follows_hello_on_sse(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("sse", prove=False)
    begun = time.monotonic()
    event = await stream.next_event()
    while event.type == "presence":
        event = await stream.next_event()
    assert event.type == "probe", event
    assert time.monotonic() - begun < patience(2)


async def test_a_probe_of_another_users_session_is_refused(server, world):
    ann, bob = await world.users(2)
    stream = await ann.stream("sse", prove=False)
    hello = stream.hello.body
    answer = await bob.rest.post("/rt/v1/probe", {"session": hello["session"], "probe": hello["probe"]})
    assert answer.status in (403, 404), answer


@pytest.mark.sanitize
async def test_signing_out_ends_every_connection_of_that_token_within_a_second(server, world):
    from harness.world import PASSWORD, User, expect
    ann = await world.user("ann")
    body = expect(await ann.rest.post("/api/v1/sessions", {"name": ann.name, "password": PASSWORD}), 201).json
    other = User(server.address, body)
    world.people.append(other)
    doomed = {kind: await other.stream(kind) for kind in ("ws", "sse")}
    poll = await other.stream("poll")
    kept = await ann.stream("ws")
    held = asyncio.create_task(poll.ask(timeout=30))
    await asyncio.sleep(0.2)  # lets the poll be parked; nothing depends on it
    begun = time.monotonic()
    expect(await ann.rest.delete("/api/v1/sessions/current", headers={"Authorization": f"Bearer {body['token']}"}), 204)
    events, closed = await doomed["ws"].until_closed(10)
    assert closed.code == 4001, closed
    assert any(e.type == "bye" for e in events), events
    events, _ = await doomed["sse"].until_closed(10)
    assert events[-1].type == "bye" and events[-1].body["resume"] is False, events
    try:
        answer = await held
        assert any(e.type == "bye" for e in answer.events), answer
    except Exception as error:  # a refusal is an answer too
        assert getattr(error, "response", None) is not None and error.response.status == 401, error
    assert time.monotonic() - begun < patience(1.5)
    room = await ann.new_room()
    await ann.say(room, "the other token lives")
    assert (await next_of(kept, "message.created")).room_id == room
