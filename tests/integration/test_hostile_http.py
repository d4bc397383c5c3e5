"""What broke the HTTP library (LIBRARIES.md) must break nothing here (Must show 7)."""

import asyncio
import time

import pytest

from harness.canary import Canary, comes_to_rest
from harness.hostile import responses_in, throw
from harness.http1 import HttpClient, build_request
from harness.timing import SLOWDOWN, eventually, patience
from harness.wire import Wire
from harness.world import expect

HELLO = build_request("GET", "/rt/v1/hello")


async def refused(server, *parts, allowed=(400,), **kw):
    """The server answers with one of `allowed` and closes, or just closes."""
    data, closed = await throw(server.address, *parts, **kw)
    assert closed, f"still open after {parts[0][:60]!r}: {data[:200]!r}"
    if data:
        statuses = responses_in(data)
        assert statuses[-1] in allowed and len(statuses) == 1, f"{parts[0][:60]!r} got {statuses}"


@pytest.mark.sanitize
async def test_a_path_of_slashes_is_answered(server):
    async with Canary(server):
        for count in (1, 100, 1000, 3000, 4090, 5000, 16_000, 100_000, 1_000_000):
            data, closed = await throw(server.address, b"GET " + b"/" * count + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", seconds=3)
            statuses = responses_in(data) if data else []
            assert closed or statuses, f"{count} slashes: no answer and no close"
            assert all(400 <= s < 500 for s in statuses), statuses


@pytest.mark.sanitize
async def test_transfer_encoding_is_refused_however_it_is_cut(server):
    head = b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    async with Canary(server):
        for coding in (b"chunked", b"Chunked", b"gzip, chunked", b"identity", b" chunked", b"\tchunked", b"x"):
            await refused(server, head + b"Transfer-Encoding:" + coding + b"\r\n\r\n5\r\nhello\r", b"\n0\r\n\r\n",
                          allowed=(400, 411, 501))
        await refused(server, head + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", b"0\r\n\r\n", allowed=(400, 411, 501))
        await comes_to_rest(server)


@pytest.mark.sanitize
async def test_a_length_of_4_gb_costs_nothing(server):
    head = b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    async with Canary(server):
        before = server.process.rss_bytes()
        for length in (b"4294967295", b"4294967296", b"18446744073709551615", b"18446744073709551616",
                       b"99999999999999999999999999", b"65537"):
            await refused(server, head + length + b"\r\n\r\nabc", allowed=(400, 413))
        assert server.process.rss_bytes() - before < 64 << 20
        for length in (b"-1", b"+5", b"0x10", b"5, 5", b"5,6", b"", b" ", b"5 5", b"1e3", b"5;", b"\xd9\xa3", b"5\x00"):
            await refused(server, head + length + b"\r\n\r\nabcde", allowed=(400,))
        await refused(server, head + b"5\r\nContent-Length: 6\r\n\r\nabcdef", allowed=(400,))
        await refused(server, head + b"5\r\nContent-Length: 5\r\n\r\nabcde", allowed=(400,))


@pytest.mark.sanitize
async def test_after_a_413_the_rest_of_the_body_is_no_request(server):
    body = HELLO * 2000
    head = (b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body))
    async with Canary(server):
        for parts in ((head + body,), (head, body), (head + body + HELLO,)):
            data, closed = await throw(server.address, *parts)
            assert closed, "a connection with an unread body must not go on"
            if data:
                assert responses_in(data) == [413]


@pytest.mark.sanitize
async def test_after_a_400_nothing_more_is_parsed(server):
    async with Canary(server):
        for bad in (b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n", b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n"):
            data, closed = await throw(server.address, bad + HELLO)
            assert closed, bad
            if data:
                statuses = responses_in(data)
                assert len(statuses) == 1 and 400 <= statuses[0] < 500, (bad, statuses)


@pytest.mark.sanitize
@pytest.mark.parametrize("head", [
    b"GET /rt/v1/hello\r\n\r\n", b"GET /rt/v1/hello HTTP/0.9\r\n\r\n", b"GET /rt/v1/hello HTTP/2.0\r\nHost: x\r\n\r\n",
    b"GET /rt/v1/hello HTTP/1.1 \r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /rt/v1/hello HTTP/1.1\r\n\r\n", b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\n: novalue\r\n\r\n",
    b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\nX-A : space\r\n\r\n", b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\nX-\x01: y\r\n\r\n",
    b"GET /rt/v1/hello HTTP/1.1\nHost: x\n\n", b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
    b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", b"\r\n\r\n\r\nGET /\r\n\r\n", b"G" * 9000,
    b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 65 + b"\r\n", b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /?%00%ff%c0%af=%2 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", b"GET #frag HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET ?q HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
], ids=lambda head: repr(head[:44]))
async def test_an_odd_head_gets_a_clear_answer_or_a_close(server, head):
    data, closed = await throw(server.address, head, half_close=True, seconds=12)
    assert closed or data, "neither an answer nor a close"
    for status in responses_in(data) if data else []:
        assert status < 500 or status in (501, 505), status


@pytest.mark.sanitize
async def test_a_head_in_single_bytes_is_one_request(server):
    wire = await Wire.connect(server.address)
    for at in range(len(HELLO)):
        await wire.send(HELLO[at:at + 1])
        await asyncio.sleep(0)
    from harness.http1 import read_response
    async with asyncio.timeout(patience(10)):
        expect(await read_response(wire), 200)
    wire.close()


@pytest.mark.sanitize
async def test_pipelined_requests_are_answered_one_by_one_in_order(server):
    from harness.http1 import read_response
    wire = await Wire.connect(server.address)
    await wire.send(b"".join(build_request("GET", "/rt/v1/hello", {"X-Request-Id": f"pipe-{n}"}) for n in range(500)))
    async with asyncio.timeout(patience(30)):
        for n in range(500):
            answer = expect(await read_response(wire), 200)
            assert answer.header("x-request-id") == f"pipe-{n}"
    wire.close()


@pytest.mark.sanitize
async def test_requests_pipelined_behind_a_held_poll_and_a_stream_do_no_harm(server, world):
    ann = await world.user("ann")
    auth = {"Authorization": f"Bearer {ann.token}"}
    async with Canary(server):
        for target in ("/rt/v1/sse", "/rt/v1/connect", "/rt/v1/poll?timeout=2"):
            wire = await Wire.connect(server.address)
            await wire.send(build_request("GET", target, {**auth, "X-Request-Id": "first"}) + HELLO * 50)
            async with asyncio.timeout(patience(10)):
                await wire.read_until(b"\r\n\r\n")
            wire.reset()
        wire = await Wire.connect(server.address)
        first = build_request("GET", "/rt/v1/poll", auth)
        await wire.send(first)
        from harness.http1 import read_response
        async with asyncio.timeout(patience(20)):
            answer = expect(await read_response(wire), 200).json
            held = f"/rt/v1/poll?timeout=2&events=durable&cursor={answer['cursor']}&session={answer['session']}"
            await wire.send(build_request("GET", held, auth) + build_request("GET", "/rt/v1/hello", {"X-Request-Id": "behind"}))
            expect(await read_response(wire), 200)
            assert expect(await read_response(wire), 200).header("x-request-id") == "behind"
        wire.close()


@pytest.mark.sanitize
async def test_answers_that_are_not_read_pin_no_worker_and_little_memory(server, world):
    """20 MB and more of answers to a client that reads nothing."""
    ann = await world.user("ann")
    room = await ann.new_room()
    for _ in range(30):
        await ann.say(room, "x" * 4000)
    request = build_request("GET", f"/api/v1/rooms/{room}/messages?limit=200", {"Authorization": f"Bearer {ann.token}"})
    async with Canary(server):
        before = server.process.rss_bytes()
        wires = []
        for _ in range(8):
            wire = await Wire.connect(server.address, rcvbuf=4096)
            wires.append(wire)
            try:
                async with asyncio.timeout(2):
                    await wire.send(request * 200)  # 24 MB of answers each
            except (TimeoutError, OSError):
                pass  # it stops reading, or closes: both are right
        await comes_to_rest(server)
        if SLOWDOWN == 1:
            grown = server.process.rss_bytes() - before
            assert grown < 48 << 20, f"192 MB of unread answers cost {grown >> 20} MB"
        for wire in wires:
            wire.reset()


@pytest.mark.sanitize
async def test_a_20_mb_body_that_is_not_wanted_is_cut_off(server):
    head = (b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 20000000\r\n\r\n")
    async with Canary(server):
        data, closed = await throw(server.address, head, *[b"x" * 1_000_000] * 20, gap_s=0)
        assert closed and (not data or responses_in(data) == [413])


@pytest.mark.sanitize
async def test_running_out_of_descriptors_spins_nothing_and_heals(site):
    node = site.node("--drain-seconds", "1", redis=None, nofile=96)
    async with Canary(node):
        wires = []
        for _ in range(160):
            try:
                async with asyncio.timeout(0.5):
                    wires.append(await Wire.connect(node.address))
            except (TimeoutError, OSError):
                break
        await comes_to_rest(node)
        for wire in wires:
            wire.reset()

        async def served():
            client = HttpClient(node.address)
            try:
                async with asyncio.timeout(2):
                    return (await client.get("/rt/v1/hello")).status == 200
            except (TimeoutError, OSError, Exception):
                return False
            finally:
                client.close()

        await eventually(served, 20, "new connections are served again")


@pytest.mark.sanitize
async def test_an_unknown_upgrade_on_a_kept_alive_connection_is_harmless(server, world):
    """CVE-2025-11677 of the WebSocket library: use after free."""
    from harness.http1 import read_response
    ann = await world.user("ann")
    auth = ("Authorization", f"Bearer {ann.token}")
    async with Canary(server):
        for upgrade in ("foo", "h2c", "websocket2", "", "websocket, foo", "TLS/1.0", "x" * 200):
            for target in ("/rt/v1/hello", "/rt/v1/ws", "/rt/v1/connect"):
                wire = await Wire.connect(server.address)
                async with asyncio.timeout(patience(15)):
                    await wire.send(HELLO)
                    expect(await read_response(wire), 200)
                    await wire.send(build_request("GET", target, [auth, ("Upgrade", upgrade), ("Connection", "Upgrade")]))
                    answer = await read_response(wire)
                    assert answer.status in (200, 400, 426), (upgrade, target, answer)
                wire.reset()


@pytest.mark.slow
async def test_slow_heads_and_bodies_are_cut_at_their_limits(server, world):
    """10 s for a head, 30 s for a body, whatever is dripped meanwhile."""
    ann = await world.user("ann")

    async def drip(name, start, drop, least, most):
        wire = await Wire.connect(server.address)
        begun = time.monotonic()
        try:
            await wire.send(start)
            while not await wire.ended(1 / SLOWDOWN):
                assert time.monotonic() - begun < patience(most), f"{name}: still open after {most} s"
                if drop:
                    try:
                        await wire.send(drop)
                    except OSError:
                        break
            lasted = time.monotonic() - begun
            assert lasted > least, f"{name}: cut after {lasted:.1f} s"
            if wire.buffer:
                assert responses_in(bytes(wire.buffer))[-1] in (400, 408), name
        finally:
            wire.close()

    body = (f"POST /api/v1/rooms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ann.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{").encode()
    async with Canary(server):
        await asyncio.gather(
            drip("silent connection", b"", b"", 5, 90),
            drip("half a request line", b"GET /rt/", b"", 5, 25),
            drip("a dripping head", b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n", 5, 25),
            drip("a silent body", body, b"", 10, 50),
            drip("a dripping body", body, b" ", 10, 50),
            drip("a head after an answer", HELLO + b"GET /rt", b"", 5, 90))


@pytest.mark.sanitize
async def test_a_flood_of_connections_that_say_nothing_disturbs_nobody(server):
    async with Canary(server):
        wires = await asyncio.gather(*(Wire.connect(server.address) for _ in range(300)))
        await asyncio.sleep(0.5)
        for n, wire in enumerate(wires):
            wire.reset() if n % 2 else wire.close()


@pytest.mark.sanitize
async def test_header_values_cannot_inject_into_an_answer(server):
    for name in ("X-Request-Id", "Origin", "Sec-WebSocket-Protocol", "X-HTTP-Method-Override"):
        data, _ = await throw(server.address, b"GET /rt/v1/hello HTTP/1.1\r\nHost: x\r\n" + name.encode()
                              + b": a%0d%0aX-Injected: 1\r\nConnection: close\r\n\r\n")
        assert b"\r\nX-Injected" not in data
