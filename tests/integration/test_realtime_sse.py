"""Server-sent events: headers, ids, and the parameters for proxies that hold back (PROTOCOL.md section 5)."""

import time

import pytest

from harness.events import message_of
from harness.timing import patience
from harness.transports import next_message, next_of, open_stream, resume_of
from harness.websocket import Closed


@pytest.mark.sanitize
async def test_the_stream_has_the_headers_that_keep_proxies_from_holding_it(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("sse")
    answer = stream.response
    assert answer.header("content-type").startswith("text/event-stream")
    cache = answer.header("cache-control")
    assert "no-store" in cache and "no-transform" in cache
    assert answer.header("x-accel-buffering") == "no"
    assert answer.header("content-encoding") == "identity"
    assert stream.parser.retry_ms and stream.parser.retry_ms > 0, "no retry: before the first event"
    assert answer.header("x-request-id")


@pytest.mark.sanitize
async def test_the_stream_is_close_delimited_for_http_1_0(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("sse", version="HTTP/1.0")
    assert stream.response.header("transfer-encoding") is None
    assert stream.response.header("content-length") is None
    room = await ann.new_room()
    await ann.say(room, "old")
    assert message_of(await next_message(stream))["text"] == "old"


@pytest.mark.sanitize
@pytest.mark.parametrize("kind", ["sse", "poll"])
async def test_a_post_takes_the_same_parameters_as_a_body(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    cursor = (await ann.sync())["cursor"]
    await bob.say(room, "posted")
    stream = await ann.stream(kind, {"cursor": cursor, "heartbeat": 30}, method="POST")
    assert resume_of(stream) == "resumed"
    assert kind == "poll" or stream.hello.body["heartbeat_seconds"] == 30
    assert message_of(await next_message(stream))["text"] == "posted"


@pytest.mark.sanitize
async def test_once_ends_the_stream_after_its_first_batch(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    cursor = (await ann.sync())["cursor"]
    for n in range(3):
        await bob.say(room, f"batch {n}")
    got = []
    for _ in range(8):  # each stream is one finished response
        stream = await open_stream("sse", server.address, ann.token, {"cursor": cursor, "once": 1}, prove=False)
        events, closed = await stream.until_closed(20)
        stream.abandon()
        assert closed.code == 1000, "cut instead of ended"
        for event in events:
            if event.cursor:
                cursor = event.cursor
            if event.type == "message.created":
                got.append(message_of(event)["text"])
        if len(got) == 3:
            break
    assert got == ["batch 0", "batch 1", "batch 2"]


@pytest.mark.sanitize
async def test_max_life_ends_the_stream_with_bye(server, world):
    ann = await world.user("ann")
    begun = time.monotonic()
    stream = await ann.stream("sse", {"max_life": 3})
    events, closed = await stream.until_closed(20)
    assert closed.code == 1000 and events[-1].type == "bye" and events[-1].body["resume"] is True, events
    assert 1.5 < time.monotonic() - begun < patience(6)


@pytest.mark.parametrize("asked, least, most", [(0, 0, 0), (2048, 2048, 4096), (16384, 16384, 18000), (1000000, 16384, 18000)])
async def test_padding_comes_before_the_first_event_and_is_bounded(server, world, asked, least, most):
    ann = await world.user("ann")
    stream = await ann.stream("sse", {"padding": asked} if asked else None)
    padding = sum(len(comment) for comment in stream.parser.comments)
    if asked == 0:
        assert padding < 64, "padding that nobody asked for breaks other paths"
    else:
        assert least * 0.95 <= padding <= most


async def test_flush_sends_a_comment_after_each_batch(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    stream = await ann.stream("sse", {"flush": 1})
    await next_of(stream, "probe")
    before = len(stream.parser.comments)
    await ann.say(room, "flush me")
    await next_message(stream)
    begun = time.monotonic()
    while len(stream.parser.comments) == before:
        assert time.monotonic() - begun < patience(5), "no comment after the batch"
        piece = await stream.body.read_some()
        stream._ready += stream.parser.feed(piece)
    assert time.monotonic() - begun < patience(2)


@pytest.mark.sanitize
async def test_a_client_that_leaves_is_noticed(server, world):
    """Fds do not pile up: half-close, FIN and RST all free the stream."""
    from harness.timing import eventually
    ann = await world.user("ann")
    streams = [await open_stream("sse", server.address, ann.token) for _ in range(30)]
    before = server.process.open_fds() - 30
    for n, stream in enumerate(streams):
        if n % 3 == 0:
            stream.wire.reset()
        elif n % 3 == 1:
            stream.wire.close()
        else:
            stream.wire.half_close()
    room = await ann.new_room()
    await ann.say(room, "anybody there?")
    await eventually(lambda: server.process.open_fds() <= before + 10 + 3, 15, "the closed streams' fds are freed")
    for stream in streams:
        stream.abandon()
    await eventually(lambda: server.process.open_fds() <= before + 3, 15, "all fds are freed")


async def test_two_streams_of_one_user_both_get_everything(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    first, second = await ann.stream("sse"), await ann.stream("sse")
    assert first.hello.body["session"] != second.hello.body["session"]
    await ann.say(room, "to both")
    assert (await next_message(first)).raw == (await next_message(second)).raw


async def test_an_ended_stream_says_so(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("sse", {"max_life": 1})
    with pytest.raises(Closed) as ended:
        while True:
            await stream.next_event(20)
    assert ended.value.code == 1000
