"""A session that goes on under another transport, and the end of the former one."""

import asyncio

import pytest

from harness.events import message_of
from harness.timing import patience
from harness.transports import next_message
from harness.websocket import Closed


async def take_over(user, kind, session, cursor):
    """Goes on with `session` on another connection. A poll that continues a session needs no hello."""
    params = {"session": session, "cursor": cursor}
    if kind == "poll":
        poll = await user.stream("poll", params, hello=False)
        assert (await poll.step(timeout=0)).session == session
        return poll
    stream = await user.stream(kind, params)
    assert stream.hello.body["session"] == session and stream.hello.body["resume"] == "resumed"
    return stream


@pytest.mark.sanitize
@pytest.mark.parametrize("new", ["sse", "poll", "ws", "ws_cbor"])
async def test_a_websocket_whose_session_was_taken_over_is_closed_with_4009(server, world, new):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    old = await ann.stream("ws")
    hello = old.hello.body
    stream = await take_over(ann, new, hello["session"], hello["cursor"])
    _, closed = await old.until_closed(10)
    assert closed.code == 4009, closed
    await bob.say(room, "after the move")
    assert message_of(await next_message(stream))["text"] == "after the move"


@pytest.mark.sanitize
@pytest.mark.parametrize("new", ["sse", "poll", "ws", "ws_cbor"])
async def test_a_stream_whose_session_was_taken_over_ends_with_bye(server, world, new):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    old = await ann.stream("sse")
    hello = old.hello.body
    stream = await take_over(ann, new, hello["session"], hello["cursor"])
    events, _ = await old.until_closed(10)
    assert events and events[-1].type == "bye", events
    await bob.say(room, "after the move")
    assert message_of(await next_message(stream))["text"] == "after the move"


@pytest.mark.sanitize
@pytest.mark.parametrize("new", ["sse", "ws"])
async def test_a_held_poll_whose_session_was_taken_over_is_answered(server, world, new):
    ann = await world.user("ann")
    poll = await ann.stream("poll", {"events": "durable"})
    held = asyncio.create_task(poll.ask(timeout=40))
    await asyncio.sleep(0.3)
    await take_over(ann, new, poll.session, poll.cursor)
    answer = await asyncio.wait_for(held, patience(10))
    assert answer.superseded or any(e.type == "bye" for e in answer.events), answer


@pytest.mark.sanitize
async def test_takeovers_at_the_same_time_leave_one_connection(server, world):
    """A loser may be ended before its hello; it is told nothing else then."""
    ann = await world.user("ann")
    room = await ann.new_room()
    for _ in range(10):
        old = await ann.stream("ws")
        params = {"session": old.hello.body["session"], "cursor": old.hello.body["cursor"]}

        async def take():
            try:
                return await ann.stream(next(kinds), params, prove=False)
            except Closed:
                return None

        kinds = iter(("ws", "sse", "ws", "sse"))
        streams = [s for s in await asyncio.gather(*(take() for _ in range(4))) if s]
        await old.until_closed(10)
        await ann.say(room, "who is left?")

        async def survives(stream):
            try:
                await next_message(stream, patience(10))
                return True
            except Closed:
                return False

        left = await asyncio.gather(*(survives(s) for s in streams))
        assert sum(left) == 1, left
        for stream in streams:
            stream.abandon()
