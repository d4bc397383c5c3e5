"""WebSocket: handshakes, commands, closes (PROTOCOL.md sections 3 and 5)."""

import asyncio
import json

import pytest

from harness.events import message_of
from harness.http1 import HttpClient
from harness.problems import expect_problem
from harness.timing import patience
from harness.transports import next_message, next_of
from harness.websocket import BINARY, CLOSE, PING, PONG, TEXT, Closed, Refused, WebSocket, frame
from harness.world import expect, unique


@pytest.mark.sanitize
@pytest.mark.parametrize("via", ["header", "subprotocol"])
@pytest.mark.parametrize("path", ["/rt/v1/ws", "/rt/v1/connect"])
async def test_a_token_comes_in_a_header_or_a_subprotocol(server, world, via, path):
    ann = await world.user("ann")
    stream = await WebSocket.open(server.address, ann.token, path=path, via=via)
    assert stream.response.header("sec-websocket-protocol") == "fairlead.v1.json"
    assert ann.token not in str(stream.response.headers)
    assert (await stream.next_event()).body["user"]["id"] == ann.id
    await stream.close()


async def test_the_bearer_entry_may_stand_first(server, world):
    ann = await world.user("ann")
    protocols = (f"fairlead.bearer.{ann.token}", "fairlead.v1.json")
    stream = await WebSocket.open(server.address, None, protocols=protocols)
    assert stream.response.header("sec-websocket-protocol") == "fairlead.v1.json"
    await stream.close()


@pytest.mark.sanitize
async def test_without_upgrade_the_websocket_path_names_the_fallbacks(server, world):
    ann = await world.user("ann")
    for token in (ann.token, None):
        client = HttpClient(server.address, token)
        answer = await client.get("/rt/v1/ws")
        problem = expect_problem(answer, 426, "upgrade_required")
        assert problem["fallback"] == ["/rt/v1/sse", "/rt/v1/poll"]
        assert answer.header("upgrade").lower() == "websocket"
        client.close()


async def _refusal(server, **kw):
    with pytest.raises(Refused) as refused:
        stream = await WebSocket.open(server.address, **kw)
        stream.abandon()
    return refused.value.response


@pytest.mark.sanitize
async def test_a_handshake_is_refused_with_a_real_status(server, world):
    ann = await world.user("ann")
    expect_problem(await _refusal(server), 401)
    expect_problem(await _refusal(server, token="no.such.token"), 401)
    expect_problem(await _refusal(server, token=ann.token, headers=[("Origin", "https://evil.example")]), 403)
    expect_problem(await _refusal(server, token=ann.token, headers=[("Origin", "null")]), 403)
    unknown = await _refusal(server, token=ann.token, protocols=("chat.v9",))
    assert unknown.status in (400, 426), unknown


async def test_the_own_origin_is_accepted(server, world):
    ann = await world.user("ann")
    stream = await WebSocket.open(server.address, ann.token, headers=[("Origin", "http://localhost")])
    assert (await stream.next_event()).type == "hello"
    await stream.close()


@pytest.mark.parametrize("change", [
    ("Sec-WebSocket-Version", "8"), ("Sec-WebSocket-Key", "short"), ("Sec-WebSocket-Key", None),
    ("Connection", "keep-alive"), ("Upgrade", "websocket2")])
async def test_a_malformed_handshake_is_refused(server, world, change):
    from harness.http1 import exchange
    from harness.websocket import handshake
    ann = await world.user("ann")
    name, value = change
    lines = handshake("/rt/v1/ws", ann.token).split(b"\r\n")
    lines = [line for line in lines if not line.lower().startswith(name.lower().encode() + b":")]
    if value:
        lines.insert(1, f"{name}: {value}".encode())
    answer = await exchange(server.address, b"\r\n".join(lines))
    assert answer.status in (400, 426), answer


@pytest.mark.parametrize("kind", ["ws", "ws_cbor"])
@pytest.mark.sanitize
async def test_a_send_is_acknowledged_with_the_message_and_delivered(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    mine, theirs = await ann.stream(kind), await bob.stream("sse")
    nonce = unique("ws")
    answer = await mine.command("send", room_id=room, text="over ws", nonce=nonce)
    assert answer["type"] == "ack", answer
    message = answer["data"].get("message", answer["data"])
    assert message["text"] == "over ws" and message["seq"] == 1
    assert message_of(await next_message(theirs))["id"] == message["id"]
    assert message_of(await next_message(mine))["id"] == message["id"], "the sender has its own event too"
    again = await mine.command("send", room_id=room, text="over ws", nonce=nonce)
    assert again["type"] == "ack" and again["data"].get("message", again["data"])["id"] == message["id"]
    other = await mine.command("send", room_id=room, text="another text", nonce=nonce)
    assert other["type"] == "error" and other["error"]["code"] == "nonce_reused", other


@pytest.mark.parametrize("kind", ["ws", "ws_cbor"])
@pytest.mark.sanitize
async def test_the_nonce_is_the_same_over_rest_and_websocket(server, world, kind):
    ann = await world.user("ann")
    room = await ann.new_room()
    nonce = unique("both")
    sent = await ann.say(room, "one message", nonce=nonce)
    stream = await ann.stream(kind)
    answer = await stream.command("send", room_id=room, text="one message", nonce=nonce)
    assert answer["type"] == "ack" and answer["data"].get("message", answer["data"])["id"] == sent["id"]


@pytest.mark.parametrize("kind", ["ws", "ws_cbor"])
@pytest.mark.sanitize
async def test_a_command_that_fails_gets_a_problem_with_its_ref(server, world, kind):
    ann, bob = await world.users(2)
    hidden = await bob.new_room("private")
    room = await ann.new_room()
    stream = await ann.stream(kind)
    for fields, status in (
            ({"op": "send", "room_id": hidden, "text": "x", "nonce": "1"}, 404),
            ({"op": "send", "room_id": "r_unknown", "text": "x", "nonce": "2"}, 404),
            ({"op": "send", "room_id": room, "text": "", "nonce": "3"}, 422),
            ({"op": "send", "room_id": room, "text": "x" * 4001, "nonce": "4"}, 422),
            ({"op": "typing", "room_id": hidden}, 404)):
        answer = await stream.command(**fields)
        assert answer["type"] == "error" and answer["error"]["status"] == status, (fields, answer)
        assert {"type", "title", "status", "code", "detail"} <= set(answer["error"])
    answer = await stream.command("no_such_op")
    assert answer["type"] == "error" and answer["error"]["status"] in (400, 422, 501), answer
    assert (await stream.command("ping"))["type"] == "ack"  # and the session goes on


@pytest.mark.parametrize("text", [b"{", b"[]", b"7", b"null", b"{}", b'{"op":7}', b'{"ref":"x"}', b"", b"[" * 5000])
async def test_a_message_that_is_no_command_is_answered_or_closed(server, world, text):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    await stream.wire.send(frame(TEXT, text))
    try:
        event = await next_of(stream, "error", seconds=10)
        assert event.body["error"]["status"] in (400, 422), event
        assert (await stream.command("ping"))["type"] == "ack"
    except Closed as closed:
        assert closed.code in (1002, 1003, 1007, 1008, 4003, 4029), closed


async def test_a_binary_message_on_the_json_protocol_is_refused(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    await stream.wire.send(frame(BINARY, b'{"op":"ping","ref":"b"}'))
    try:
        event = await next_of(stream, "error", "ack", seconds=10)
        assert event.type == "error", event
    except Closed as closed:
        assert closed.code in (1003, 1002, 1008, 4003), closed


@pytest.mark.parametrize("kind", ["ws", "ws_cbor"])
@pytest.mark.sanitize
async def test_typing_over_websocket_reaches_the_others_once_each_three_seconds(server, world, kind):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    mine, theirs = await ann.stream(kind), await bob.stream(kind)
    for _ in range(5):
        assert (await mine.command("typing", room_id=room))["type"] == "ack"
    assert (await next_of(theirs, "typing")).room_id == room
    await ann.say(room, "done typing")
    assert (await next_of(theirs, "typing", "message.created")).type == "message.created"


@pytest.mark.parametrize("kind", ["ws", "ws_cbor"])
async def test_received_is_accepted(server, world, kind):
    ann = await world.user("ann")
    room = await ann.new_room()
    stream = await ann.stream(kind)
    await ann.say(room, "seen")
    event = await next_message(stream)
    assert (await stream.command("received", cursor=event.cursor))["type"] == "ack"


@pytest.mark.parametrize("kind", ["ws", "ws_cbor"])
@pytest.mark.sanitize
async def test_an_open_connection_takes_a_new_token(server, world, kind):
    """After `auth`, the connection lives and dies with the new token."""
    ann, bob = await world.users(2)
    stream = await ann.stream(kind)
    fresh = expect(await ann.rest.post("/api/v1/tokens/refresh"), 201).json["token"]
    assert (await stream.command("auth", token="nonsense"))["type"] == "error"
    assert (await stream.command("auth", token=bob.token))["type"] == "error", "another user's token"
    assert (await stream.command("auth", token=fresh))["type"] == "ack"
    expect(await ann.rest.delete("/api/v1/sessions/current", headers={"Authorization": f"Bearer {fresh}"}), 204)
    _, closed = await stream.until_closed(10)
    assert closed.code == 4001, closed


async def test_pings_are_answered(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    for payload in (b"", b"abc", b"p" * 125):
        await stream.wire.send(frame(PING, payload))
        async with asyncio.timeout(patience(10)):
            while True:
                opcode, _, _, got = await stream.read_frame()
                if opcode == PONG:
                    break
        assert got == payload


@pytest.mark.sanitize
async def test_fragments_and_control_frames_between_them_are_one_message(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    text = json.dumps({"op": "ping", "ref": "fragmented é"}, ensure_ascii=False).encode()
    cut = text.index("é".encode()) + 1  # inside the character
    await stream.wire.send(frame(TEXT, text[:5], fin=False) + frame(PING, b"between")
                           + frame(0, text[5:cut], fin=False) + frame(0, b"", fin=False) + frame(0, text[cut:]))
    answer = await next_of(stream, "ack")
    assert answer.body["ref"] == "fragmented é"


@pytest.mark.sanitize
async def test_a_message_above_64_kib_closes_with_1009(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    await stream.wire.send(frame(TEXT, b'{"op":"ping","pad":"' + b"x" * (66 * 1024) + b'"}'))
    _, closed = await stream.until_closed(10)
    assert closed.code == 1009, closed
    stream = await ann.stream("ws")
    piece = b"y" * 4096
    try:
        await stream.wire.send(frame(TEXT, piece, fin=False))
        for _ in range(40):
            await stream.wire.send(frame(0, piece, fin=False))
    except OSError:
        pass  # closed while we still send
    _, closed = await stream.until_closed(10)
    assert closed.code in (1009, 1006), closed


async def test_a_command_just_below_the_limit_is_accepted(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    assert (await stream.command("ping", pad="x" * (63 * 1024)))["type"] == "ack"


@pytest.mark.sanitize
@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
async def test_a_close_is_answered(server, world, code):
    ann = await world.user("ann")
    stream = await ann.stream("ws")
    await stream.wire.send(frame(CLOSE, code.to_bytes(2, "big") + b"leaving"))
    _, closed = await stream.until_closed(10)
    assert closed.code in (code, 1000, 1005), closed
    assert await stream.wire.ended(), "the connection stays open after the closing handshake"


@pytest.mark.sanitize
async def test_commands_sent_in_one_segment_are_all_answered_in_order(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    stream = await ann.stream("ws")
    batch = b"".join(frame(TEXT, json.dumps(
        {"op": "send", "ref": f"b{n}", "room_id": room, "text": f"batch {n}", "nonce": unique("b")}).encode())
        for n in range(100))
    await stream.wire.send(batch)
    refs = [(await next_of(stream, "ack", "error")).body["ref"] for _ in range(100)]
    assert sorted(refs) == sorted(f"b{n}" for n in range(100))
    assert [m["text"] for m in await ann.history(room)] == [f"batch {n}" for n in range(100)]
