"""One event, the same bytes everywhere; hello first; cursors grow (Must show 3)."""

import asyncio
import re

import pytest

from harness.events import message_of
from harness.timing import patience
from harness.transports import TRANSPORTS, next_message, next_of, open_stream, resume_of

CURSOR = re.compile(r"^[A-Za-z0-9._~-]{1,128}$")


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_hello_comes_first_and_says_everything(server, world, kind):
    ann = await world.user("ann")
    stream = await ann.stream(kind)
    hello = stream.hello.body
    for name in ("type", "session", "cursor", "transport", "resume", "heartbeat_seconds", "probe", "node", "user",
                 "network", "server_time"):
        assert name in hello, f"hello lacks {name!r}: {hello}"
    assert hello["session"].startswith("s_") and CURSOR.match(hello["cursor"])
    assert (hello["transport"], hello["resume"]) == (TRANSPORTS[kind], "fresh")
    assert hello["heartbeat_seconds"] == 20 and hello["user"]["id"] == ann.id
    assert hello["probe"] and hello["node"]
    assert stream.hello.sse_id is None or stream.hello.sse_id == hello["cursor"]


@pytest.mark.sanitize
async def test_the_same_event_is_byte_for_byte_the_same_on_every_transport(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    streams = {kind: await ann.stream(kind) for kind in TRANSPORTS}
    texts = ["plain", "Grüße \u2028 \U0001f680", "quotes \" \\ / <b> \t\n\r end", "x" * 4000]
    collected = {kind: [] for kind in streams}

    async def collect(kind, stream):
        while len(collected[kind]) < len(texts) + 2:
            event = await stream.next_event(patience(30))
            if event.type in ("message.created", "member.joined", "member.left"):
                collected[kind].append(event)

    collecting = asyncio.gather(*(collect(kind, stream) for kind, stream in streams.items()))
    for text in texts:
        await bob.say(room, text, metadata={"b": 1, "a": [2.5, "ü"]})
    carol = await world.user("carol")
    await carol.join(room)
    await carol.leave(room)
    await collecting
    reference = [event.raw for event in collected["ws"]]
    for kind, events in collected.items():
        assert [event.raw for event in events] == reference, f"{kind} differs from ws"
    for event in collected["sse"] + collected["connect_sse"]:
        assert event.sse_id == event.cursor, "a durable event's SSE id is its cursor"
    cursors = [event.cursor for event in collected["ws"]]
    assert all(CURSOR.match(c) for c in cursors) and len(set(cursors)) == len(cursors)
    for event in collected["ws"]:
        assert {"type", "cursor", "room_id", "time", "data"} <= set(event.body) and event.room_id == room


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_an_event_read_from_the_log_has_the_bytes_it_had_live(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    live = await ann.stream("ws")
    for n in range(5):
        await bob.say(room, f"again {n}")
    events = [await next_message(live) for _ in range(5)]
    replayed = await ann.stream(kind, {"cursor": live.hello.body["cursor"]})
    assert [(await next_message(replayed)).raw for _ in range(5)] == [event.raw for event in events]


@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_the_message_in_an_event_is_the_one_in_the_history(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await ann.stream(kind)
    sent = await bob.say(room, "same", nonce="n-" + room)
    message = message_of(await next_message(stream))
    for name in ("id", "room_id", "seq", "author", "text", "created_at"):
        assert message[name] == sent[name], name


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_each_cursor_continues_right_after_its_event(server, world, kind):
    """Cursors grow: resuming from the n-th event's cursor gives the events after it, and no other."""
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await ann.stream(kind)
    for n in range(6):
        await bob.say(room, f"step {n}")
    events = [await next_message(stream) for _ in range(6)]
    for at, event in enumerate(events[:-1]):
        other = await ann.stream(kind, {"cursor": event.cursor})
        assert resume_of(other) == "resumed"
        assert [(await next_message(other)).raw for _ in events[at + 1:]] == [e.raw for e in events[at + 1:]]
        other.abandon()


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
@pytest.mark.parametrize("cursor", ["nonsense", "0", "1.999999999999", "~", "a" * 128])
async def test_an_unknown_cursor_is_a_reset_with_its_reason(server, world, kind, cursor):
    ann = await world.user("ann")
    stream = await ann.stream(kind, {"cursor": cursor})
    hello = stream.hello.body
    assert hello["resume"] == "reset" and hello.get("reason"), hello
    room = await ann.new_room()
    await ann.say(room, "after the reset")
    assert message_of(await next_message(stream))["room_id"] == room, "a reset stream goes on from now"


@pytest.mark.parametrize("kind", ["sse", "poll"])
async def test_a_cursor_that_cannot_be_one_is_refused_or_reset(server, world, kind):
    from harness.websocket import Refused
    ann = await world.user("ann")
    for cursor in ("a" * 129, "a b", "a/b", "ü", "a\r\nX-Injected: 1"):
        try:
            stream = await ann.stream(kind, {"cursor": cursor})
            assert resume_of(stream) == "reset"
            assert stream.response.header("x-injected") is None
            stream.abandon()
        except Refused as refused:
            assert refused.response.status in (400, 422)


async def test_last_event_id_wins_over_cursor(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await ann.stream("sse")
    for n in range(4):
        await bob.say(room, f"m{n}")
    events = [await next_message(stream) for _ in range(4)]
    resumed = await ann.stream("sse", {"cursor": events[0].cursor}, headers=[("Last-Event-ID", events[2].cursor)])
    assert (await next_message(resumed)).raw == events[3].raw


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_rooms_narrows_the_stream(server, world, kind):
    ann, bob = await world.users(2)
    wanted, other = await world.room_of(ann, bob), await world.room_of(ann, bob)
    stream = await ann.stream(kind, {"rooms": wanted})
    await bob.say(other, "not asked for")
    await bob.say(wanted, "asked for")
    event = await next_message(stream)
    assert event.room_id == wanted


@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_events_durable_leaves_typing_out(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    everything, durable = await ann.stream("ws"), await ann.stream(kind, {"events": "durable"})
    await bob.rest.post(f"/api/v1/rooms/{room}/typing")
    typing = await next_of(everything, "typing")
    assert typing.cursor is None and typing.room_id == room and bob.id.encode() in typing.raw
    await bob.say(room, "typed")
    assert (await next_of(durable, "typing", "message.created")).type == "message.created"


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_a_client_that_reads_late_gets_a_large_backlog_in_order(server, world, kind):
    """More than one catch-up page (500 events)."""
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    cursor = (await ann.sync())["cursor"]
    people = [bob.at(server.address) for _ in range(6)]

    async def pour(person):
        for n in range(220):
            await person.say(room, f"{n}")
        person.rest.close()

    await asyncio.gather(*(pour(person) for person in people))
    stream = await ann.stream(kind, {"cursor": cursor})
    seqs = [message_of(await next_message(stream))["seq"] for _ in range(1320)]
    assert seqs == list(range(1, 1321))


async def test_the_session_of_one_user_cannot_be_taken_by_another(server, world):
    from harness.websocket import Refused
    ann, bob = await world.users(2)
    room = await ann.new_room("private")
    stream = await ann.stream("ws")
    session = stream.hello.body["session"]
    try:
        thief = await open_stream("sse", server.address, bob.token, {"session": session}, prove=False)
        assert thief.hello.body["session"] != session and thief.hello.body["user"]["id"] == bob.id
        thief.abandon()
    except Refused as refused:
        assert refused.response.status in (403, 404, 422)
    await ann.say(room, "still mine")
    assert message_of(await next_message(stream))["text"] == "still mine"
