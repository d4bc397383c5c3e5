"""What broke the WebSocket library (LIBRARIES.md), and frames that break the rules (Must show 7)."""

import asyncio
import struct
import zlib

import pytest

from harness.canary import Canary, comes_to_rest
from harness.hostile import responses_in, throw
from harness.timing import SLOWDOWN, patience
from harness.transports import open_stream
from harness.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed, Refused, WebSocket, frame, handshake
from harness.wire import Wire


def deflate_bomb(matches):
    """A raw deflate block of a literal and `matches` runs of 258 bytes."""
    bits = []

    def low_first(value, count):
        bits.extend(value >> n & 1 for n in range(count))

    def high_first(value, count):
        bits.extend(value >> count - 1 - n & 1 for n in range(count))

    low_first(0, 1)
    low_first(1, 2)
    high_first(0x30 + 0x61, 8)
    for _ in range(matches):
        high_first(0b11000101, 8)
        high_first(0, 5)
    bits.extend([0] * (-len(bits) % 8))
    return bytes(sum(bits[at + n] << n for n in range(8)) for at in range(0, len(bits), 8))


async def ends(stream, *codes, seconds=10):
    """The server ends it, with one of `codes` or without a word."""
    _, closed = await stream.until_closed(seconds)
    assert closed.code in (*codes, 1006), closed


@pytest.mark.sanitize
async def test_compressed_bombs_do_no_harm(server, world):
    ann = await world.user("ann")
    async with Canary(server):
        for matches in (3, 7, 15, 30, 3000):
            stream = await WebSocket.open(server.address, ann.token, headers=[
                ("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")])
            assert (await stream.next_event()).type == "hello"
            await stream.wire.send(frame(TEXT, deflate_bomb(matches), rsv=4))
            assert stream.deflates
            await ends(stream, 1007, 1009)
            stream.abandon()


@pytest.mark.sanitize
@pytest.mark.parametrize("extension", [
    "permessage-deflate; server_max_window_bits=99", "permessage-deflate; " * 50, "x-webkit-deflate-frame", ";;;,", "\"",
    "permessage-deflate; client_max_window_bits=\"", "a" * 1000])
async def test_an_odd_extension_offer_is_declined_or_refused(server, world, extension):
    ann = await world.user("ann")
    try:
        stream = await WebSocket.open(server.address, ann.token, headers=[("Sec-WebSocket-Extensions", extension)])
        assert (await stream.command("ping"))["type"] == "ack"
        stream.abandon()
    except Refused as refused:
        assert refused.response.status == 400


@pytest.mark.sanitize
@pytest.mark.parametrize("name, data, codes", [
    ("reserved bit 1", frame(TEXT, b"x", rsv=4), (1002,)),
    ("reserved bit 2", frame(TEXT, b"x", rsv=2), (1002,)),
    ("reserved bit 3 on a ping", frame(PING, b"x", rsv=1), (1002,)),
    ("opcode 3", frame(3, b"x"), (1002,)),
    ("opcode 7", frame(7, b"x"), (1002,)),
    ("opcode 11", frame(11, b"x"), (1002,)),
    ("opcode 15", frame(15, b"x"), (1002,)),
    ("a fragmented ping", frame(PING, b"x", fin=False), (1002,)),
    ("a ping of 126 bytes", frame(PING, b"p" * 126), (1002, 1009)),
    ("a continuation of nothing", frame(CONTINUATION, b"x"), (1002,)),
    ("a new message inside fragments", frame(TEXT, b"he", fin=False) + frame(TEXT, b"llo"), (1002,)),
    ("invalid UTF-8", frame(TEXT, b"\xce\xba\xed\xa0\x80"), (1007, 1002)),
    ("cut UTF-8", frame(TEXT, b"ab\xe2\x82"), (1007, 1002)),
    ("overlong UTF-8", frame(TEXT, b"\xc0\xaf"), (1007, 1002)),
    ("a close with 1 byte", frame(CLOSE, b"\x03"), (1002, 1000, 1005)),
    ("a close with code 1005", frame(CLOSE, struct.pack(">H", 1005)), (1002, 1000, 1005)),
    ("a close with code 0", frame(CLOSE, struct.pack(">H", 0)), (1002, 1000, 1005, 0)),
    ("a close with bad UTF-8", frame(CLOSE, struct.pack(">H", 1000) + b"\xff"), (1007, 1002, 1000)),
    ("a length of 2^62", b"\x81\xff" + struct.pack(">Q", 1 << 62) + b"\0\0\0\0" + b"A" * 10, (1009, 1002)),
    ("a length with the top bit", b"\x81\xff" + struct.pack(">Q", 1 << 63) + b"\0\0\0\0", (1009, 1002)),
    ("noise", bytes(range(256)) * 8, (1002, 1007, 1009, 1003)),
], ids=lambda value: value if isinstance(value, str) else "")
async def test_a_frame_that_breaks_the_rules_ends_the_connection(server, world, name, data, codes):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    try:
        await stream.wire.send(data)
    except OSError:
        pass  # closed while we still send
    await ends(stream, *codes)


@pytest.mark.sanitize
async def test_unmasked_frames_do_no_harm(server, world):
    """RFC 6455 5.1 wants a close; the library cannot see it. Either way the stream stays in step."""
    ann = await world.user("ann")
    async with Canary(server):
        for data in (frame(TEXT, b'{"op":"ping","ref":"u"}', mask=False), b"\x81\x7e\x00\x00" + b"A" * 50):
            stream = await ann.stream("ws")
            await stream.wire.send(data)
            try:
                event = await stream.next_event(5)
                assert event.type in ("ack", "error", "heartbeat", "presence"), event
            except (Closed, TimeoutError):
                pass
            stream.abandon()


@pytest.mark.sanitize
async def test_a_flood_of_fragments_costs_bounded_memory(server, world):
    ann = await world.user("ann")
    async with Canary(server):
        before = server.process.rss_bytes()
        stream = await ann.stream("ws")
        try:
            await stream.wire.send(frame(TEXT, b"a", fin=False))
            for _ in range(200):
                await stream.wire.send(frame(CONTINUATION, b"a", fin=False) * 1000)
        except OSError:
            pass
        stream.abandon()
        empty = await ann.stream("ws")
        try:
            await empty.wire.send(frame(TEXT, b"", fin=False))
            for _ in range(100):
                await empty.wire.send(frame(CONTINUATION, b"", fin=False) * 1000)
        except OSError:
            pass
        empty.abandon()
        if SLOWDOWN == 1:
            assert server.process.rss_bytes() - before < 32 << 20


@pytest.mark.sanitize
async def test_a_flood_of_pings_from_a_client_that_reads_nothing_is_bounded(server, world):
    ann = await world.user("ann")
    async with Canary(server):
        before = server.process.rss_bytes()
        stream = await open_stream("ws", server.address, ann.token, rcvbuf=4096)
        try:
            async with asyncio.timeout(3):
                for _ in range(400):
                    await stream.wire.send(frame(PING, b"p" * 125) * 500)  # 26 MB of pongs
        except (TimeoutError, OSError):
            pass
        if SLOWDOWN == 1:
            assert server.process.rss_bytes() - before < 32 << 20
        stream.wire.reset()


@pytest.mark.sanitize
async def test_a_flood_of_commands_from_a_client_that_reads_nothing_is_bounded(server, world):
    ann = await world.user("ann")
    async with Canary(server):
        before = server.process.rss_bytes()
        stream = await open_stream("ws", server.address, ann.token, rcvbuf=4096)
        command = frame(TEXT, b'{"op":"ping","ref":"' + b"r" * 100 + b'"}')
        try:
            async with asyncio.timeout(4):
                for _ in range(400):
                    await stream.wire.send(command * 500)
        except (TimeoutError, OSError):
            pass
        await comes_to_rest(server)
        if SLOWDOWN == 1:
            assert server.process.rss_bytes() - before < 48 << 20
        stream.wire.reset()


@pytest.mark.sanitize
async def test_handshakes_cut_or_stuffed_anywhere_do_no_harm(server, world):
    ann = await world.user("ann")
    whole = handshake("/rt/v1/ws", ann.token)
    async with Canary(server):
        for at in range(1, len(whole), 17):
            wire = await Wire.connect(server.address)
            await wire.send(whole[:at])
            wire.reset() if at % 2 else wire.close()
        for size in (63, 64, 128, 1000, 4000, 7000):
            for header in ("Sec-WebSocket-Protocol", "Cookie", "Sec-WebSocket-Key", "Origin", "X-Long"):
                data, closed = await throw(server.address, handshake(
                    "/rt/v1/ws", ann.token, headers=[(header, "a" * size)]), half_close=True, seconds=3)
                assert closed or data
                if data and not data.startswith(b"HTTP/1.1 101"):
                    assert 400 <= responses_in(data)[0] < 500, (header, size, data[:80])


@pytest.mark.sanitize
async def test_frames_sent_together_with_the_handshake_are_not_lost(server, world):
    ann = await world.user("ann")
    for split in (False, True):
        wire = await Wire.connect(server.address)
        early = frame(TEXT, b'{"op":"ping","ref":"early"}')
        if split:
            await wire.send(handshake("/rt/v1/ws", ann.token) + early[:5])
            await asyncio.sleep(0.1)
            await wire.send(early[5:])
        else:
            await wire.send(handshake("/rt/v1/ws", ann.token) + early)
        from harness.http1 import read_head
        async with asyncio.timeout(patience(10)):
            response = await read_head(wire)
            assert response.status == 101
            stream = WebSocket(wire, response)
            assert (await stream.next_event()).type == "hello", "hello comes first, even before an early ack"
            while (event := await stream.next_event()).type != "ack":
                pass
            assert event.body["ref"] == "early"
        stream.abandon()


@pytest.mark.sanitize
async def test_a_close_is_not_waited_for_for_ever(server, world):
    """After our close frame the peer goes on sending and never closes: the server frees it."""
    from harness.timing import eventually
    ann = await world.user("ann")
    before = server.process.open_fds()
    stream = await ann.stream("ws")
    await stream.wire.send(frame(CLOSE, struct.pack(">H", 1000)))
    for _ in range(20):
        try:
            await stream.wire.send(frame(PONG, b"late") + frame(BINARY, zlib.compress(b"x")))
        except OSError:
            break
    await eventually(lambda: server.process.open_fds() <= before, 30, "the closed connection's fd is freed")
    stream.abandon()
