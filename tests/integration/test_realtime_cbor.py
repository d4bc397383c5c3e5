"""The subprotocol fairlead.v1.cbor: the same objects in binary frames, and what is no such object."""

import cbor2
import pytest

from harness.canary import Canary
from harness.transports import next_message, next_of
from harness.websocket import BINARY, CBOR, CONTINUATION, JSON, OFFERS_DEFLATE, PING, TEXT, WebSocket, frame
from harness.world import expect


@pytest.mark.parametrize("offered, taken", [
    ((CBOR,), CBOR), ((CBOR, JSON), CBOR), ((JSON, CBOR), JSON), (("soap", CBOR), CBOR)])
async def test_the_clients_first_choice_is_taken(server, world, offered, taken):
    ann = await world.user("ann")
    stream = await WebSocket.open(server.address, ann.token, protocols=offered, headers=[OFFERS_DEFLATE])
    assert stream.response.header("sec-websocket-protocol") == taken
    assert stream.deflates == (taken == JSON)
    assert (await stream.next_event()).type == "hello"
    await stream.close()


@pytest.mark.sanitize
async def test_events_say_the_same_live_and_from_the_log(server, world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    text, binary = await ann.stream("ws"), await ann.stream("ws_cbor")
    cursor = binary.hello.body["cursor"]
    said = [{"text": "wörds \U0001f44b \x01\"\\ " * 20, "metadata": {"n": [0, -1, 1.5, 2**60, None, True, {"": []}]}},
            {"text": "x" * 4000}] + [{"text": str(n)} for n in range(30)]
    for message in said:
        expect(await bob.rest.post(f"/api/v1/rooms/{room}/messages", message), 201)
    missed = await ann.stream("ws_cbor", {"cursor": cursor})
    ways = [[await next_message(stream) for _ in said] for stream in (text, binary, missed)]
    assert [event.data["text"] for event in ways[0]] == [message["text"] for message in said]
    for json_event, cbor_event, missed_event in zip(*ways):
        assert cbor_event.body == json_event.body == missed_event.body
    assert ways[1][0].data["metadata"] == said[0]["metadata"]


async def test_fragments_are_one_message(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws_cbor")
    command = cbor2.dumps({"op": "ping", "ref": "cut"})
    await stream.wire.send(frame(BINARY, command[:4], fin=False) + frame(PING, b"between")
                           + frame(CONTINUATION, b"", fin=False) + frame(CONTINUATION, command[4:]))
    assert (await next_of(stream, "ack")).body["ref"] == "cut"


@pytest.mark.sanitize
@pytest.mark.parametrize("what, item", [
    ("nothing", b""), ("JSON", b"{}"), ("an array", cbor2.dumps([{"op": "ping"}])), ("two maps", b"\xa0\xa0"),
    ("a tag", b"\xa1\x62op\xc1\x01"), ("an indefinite map", b"\xbf\x62op\x64ping\xff"),
    ("indefinite text", b"\xa1\x62op\x7f\x64ping\xff"), ("bytes", b"\xa1\x62op\x44ping"), ("NaN", b"\xa1\x61a\xf9\x7e\x00"),
    ("infinity", b"\xa1\x61a\xfb\x7f\xf0" + bytes(6)), ("undefined", b"\xa1\x61a\xf7"), ("not UTF-8", b"\xa1\x61a\x61\xff"),
    ("a number as a key", b"\xa1\x01\x01"), ("depth", b"\xa1\x61a" + b"\x81" * 60_000 + b"\x01"),
    ("a huge array", b"\xa1\x61a\x9b\x7f" + b"\xff" * 7), ("a huge text", b"\xa1\x61a\x7b\x7f" + b"\xff" * 7),
    ("a huge map", b"\xbb\x7f" + b"\xff" * 7), ("a cut one", cbor2.dumps({"op": "ping"})[:-1])])
async def test_what_is_no_command_is_answered_and_hurts_nobody(server, world, what, item):
    ann = await world.user("ann")
    stream = await ann.stream("ws_cbor")
    async with Canary(server):
        await stream.wire.send(frame(BINARY, item))
        answer = (await next_of(stream, "error")).body
        assert (answer["ref"], answer["error"]["code"]) == (None, "malformed_json"), answer
        assert (await stream.command("ping"))["type"] == "ack"


async def test_text_on_the_cbor_protocol_is_refused(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws_cbor")
    await stream.wire.send(frame(TEXT, b'{"op":"ping"}'))
    _, closed = await stream.until_closed()
    assert closed.code == 1003


async def test_a_message_above_64_kib_closes_with_1009(server, world):
    ann = await world.user("ann")
    stream = await ann.stream("ws_cbor")
    await stream.wire.send(frame(BINARY, cbor2.dumps({"op": "ping", "pad": "x" * 66 * 1024})))
    _, closed = await stream.until_closed()
    assert closed.code == 1009
