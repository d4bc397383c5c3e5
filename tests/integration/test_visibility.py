"""Nobody receives an event of a room that they are not in (Must show 9)."""

import asyncio

import pytest

from harness.timing import patience
from harness.transports import TRANSPORTS, is_quiet, next_message, next_of
from harness.websocket import Closed, Refused
from harness.world import expect

ALL = tuple(TRANSPORTS)


async def everything_until(stream, marker, seconds=20):
    """Every event up to the one whose text is `marker`."""
    events = []
    while True:
        event = await stream.next_event(patience(seconds))
        events.append(event)
        if event.type == "message.created" and marker.encode() in event.raw:
            return events


@pytest.mark.sanitize
@pytest.mark.parametrize("visibility", ["public", "private"])
async def test_a_stranger_sees_nothing_of_a_room_on_any_transport(server, world, visibility):
    ann, bob = await world.users(2)
    hidden = await ann.new_room(visibility)
    own = await bob.new_room()
    streams = {kind: await bob.stream(kind) for kind in ALL}
    for n in range(10):
        await ann.say(hidden, f"secret {n}")
    await ann.rest.post(f"/api/v1/rooms/{hidden}/typing")
    await bob.say(own, "the marker")
    for kind, stream in streams.items():
        for event in await everything_until(stream, "the marker"):
            assert hidden.encode() not in event.raw and b"secret" not in event.raw, (kind, event)


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["ws", "ws_cbor", "sse", "poll"])
async def test_naming_a_room_does_not_open_it(server, world, kind):
    ann, bob = await world.users(2)
    hidden, own = await ann.new_room("private"), await bob.new_room()
    cursor = (await bob.sync())["cursor"]
    await ann.say(hidden, "secret")
    for rooms in (hidden, f"{hidden},{own}"):
        try:
            stream = await bob.stream(kind, {"rooms": rooms, "cursor": cursor})
        except Refused as refused:
            assert refused.response.status in (403, 404, 422)
            continue
        if own not in rooms:
            stream.abandon()
            continue
        marker = f"marker {kind}"
        await bob.say(own, marker)
        for event in await everything_until(stream, marker):
            assert hidden.encode() not in event.raw, event


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ALL)
async def test_joining_delivers_from_the_join_on(server, world, kind):
    ann, bob = await world.users(2)
    room = await ann.new_room()
    stream = await bob.stream(kind)
    await ann.say(room, "before the join")
    await bob.join(room)
    await ann.say(room, "after the join")
    events = [e for e in await everything_until(stream, "after the join") if not is_quiet(e)]
    assert b"before the join" not in b"".join(e.raw for e in events)
    assert [e.type for e in events] == ["member.joined", "message.created"], events


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ALL)
async def test_leaving_delivers_member_left_last(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    own = await bob.new_room()
    stream = await bob.stream(kind)
    await ann.say(room, "still here")
    await bob.leave(room)
    await ann.say(room, "gone already")
    await ann.rest.post(f"/api/v1/rooms/{room}/typing")
    await bob.say(own, "the marker")
    events = [e for e in await everything_until(stream, "the marker") if e.room_id == room]
    types = [e.type for e in events if e.type != "presence"]
    assert types[-1] == "member.left" and types.count("member.left") == 1, events
    if "poll" not in kind:  # a poll may come after the leave, and then it reads as one who has left
        assert types == ["message.created", "member.left"], events


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ALL)
async def test_an_old_cursor_after_leaving_shows_nothing_after_the_leave(server, world, kind):
    """The cursor is from a time of membership; the room went on without the reader."""
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    own = await bob.new_room()
    cursor = (await bob.sync())["cursor"]
    await ann.say(room, "while a member")
    await bob.leave(room)
    for n in range(3):
        await ann.say(room, f"secret {n}")
    await bob.say(own, "the marker")
    stream = await bob.stream(kind, {"cursor": cursor})
    events = await everything_until(stream, "the marker")
    assert b"secret" not in b"".join(e.raw for e in events), events


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ALL)
async def test_what_was_said_between_a_leave_and_a_new_join_stays_unseen(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    cursor = (await bob.sync())["cursor"]
    await bob.leave(room)
    await ann.say(room, "secret between")
    await bob.join(room)
    await ann.say(room, "after the return")
    stream = await bob.stream(kind, {"cursor": cursor})
    events = await everything_until(stream, "after the return")
    assert b"secret between" not in b"".join(e.raw for e in events), events


@pytest.mark.sanitize
async def test_a_cursor_of_one_user_shows_another_nothing_new(server, world):
    ann, bob = await world.users(2)
    hidden, own = await ann.new_room("private"), await bob.new_room()
    stream = await ann.stream("ws")
    await ann.say(hidden, "secret one")
    cursor = (await next_message(stream)).cursor
    await ann.say(hidden, "secret two")
    await bob.say(own, "the marker")
    for kind in ("ws", "sse", "poll"):
        stream = await bob.stream(kind, {"cursor": cursor})
        assert b"secret" not in b"".join(e.raw for e in await everything_until(stream, "the marker"))


@pytest.mark.sanitize
async def test_membership_that_flickers_under_load_never_leaks(server, world):
    """Joins and leaves race messages on all transports: what arrives lies within a membership."""
    ann, bob = await world.users(2)
    room = await ann.new_room()
    own = await bob.new_room()
    streams = {kind: await bob.stream(kind) for kind in ALL}
    stop = asyncio.Event()

    async def talk():
        person = ann.at(server.address)
        while not stop.is_set():
            await person.say(room, "chatter")
        person.rest.close()

    # Read all the while: a stream that falls behind goes on from the store, and sees what its user may see by then.
    reading = {kind: asyncio.create_task(everything_until(stream, "the marker")) for kind, stream in streams.items()}
    talking = [asyncio.create_task(talk()) for _ in range(2)]
    for _ in range(15):
        await bob.join(room)
        await asyncio.sleep(0.01)
        await bob.leave(room)
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*talking)
    await bob.say(own, "the marker")
    sequences = {}
    for kind, reader in reading.items():
        member, seen = False, []
        for event in await reader:
            if event.room_id != room or event.cursor is None:
                continue
            seen.append(event.raw)
            if event.type == "member.joined" and bob.id.encode() in event.raw:
                member = True
            elif event.type == "member.left" and bob.id.encode() in event.raw:
                member = False
            else:
                assert member, f"{kind}: {event} outside of a membership"
        sequences[kind] = seen
    for kind, seen in sequences.items():
        # A poll reads as the member that it is at that time: less, in the same order.
        order = iter(sequences["ws"])
        assert all(raw in order for raw in seen), f"{kind} saw what ws did not see, or another order"
    assert sequences["ws"] == sequences["sse"] == sequences["connect_ws"] == sequences["connect_sse"]


@pytest.mark.sanitize
async def test_presence_is_told_only_to_those_who_share_a_room(server, world):
    ann, bob, eve = await world.users(3)
    room = await world.room_of(ann, bob)
    own = await eve.new_room()
    watcher, outsider = await bob.stream("ws"), await eve.stream("ws")
    await ann.stream("ws")
    while ann.id.encode() not in (await next_of(watcher, "presence")).raw:
        pass
    await eve.say(own, "the marker")
    for event in await everything_until(outsider, "the marker"):
        assert ann.id.encode() not in event.raw, event
    expect(await eve.rest.get(f"/api/v1/rooms/{room}/presence"), 200, 403, 404)


@pytest.mark.sanitize
async def test_a_live_stream_of_a_left_room_stays_open(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    stream = await bob.stream("ws")
    await bob.leave(room)
    try:
        assert (await stream.command("ping"))["type"] == "ack"
        answer = await stream.command("send", room_id=room, text="let me in", nonce=f"{room}-x")
        assert answer["type"] == "error" and answer["error"]["status"] in (403, 404)
    except Closed as closed:
        raise AssertionError(f"leaving a room closed the connection: {closed}") from None
