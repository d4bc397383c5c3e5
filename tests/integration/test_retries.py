"""A send that was cut, whenever and however, and is sent again under its nonce: one message."""

import asyncio
import json

import pytest

from harness.http1 import HttpClient, build_request
from harness.timing import patience
from harness.websocket import TEXT, WebSocket, frame
from harness.wire import Wire
from harness.world import World, expect, unique

LEAVING = ("reset", "end", "half_close")


def request_of(person, room, nonce, text="once"):
    body = json.dumps({"text": text, "nonce": nonce}).encode()
    return build_request("POST", f"/api/v1/rooms/{room}/messages",
                         {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}, body)


async def leave(wire, how):
    if how == "reset":
        wire.reset()
    elif how == "end":
        wire.close()
    else:
        wire.half_close()


async def one_message(person, room, nonce):
    """Sends it again, over REST and over WebSocket: the same message, and the only one."""
    again = expect(await person.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "once", "nonce": nonce}), 200, 201).json
    socket = await person.stream("ws")
    answer = await socket.command("send", room_id=room, text="once", nonce=nonce)
    assert answer["type"] == "ack" and answer["data"]["id"] == again["id"], answer
    other = await person.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "another", "nonce": nonce})
    assert other.status == 409 and other.json["code"] == "nonce_reused", other
    assert [(m["id"], m["text"]) for m in await person.history(room) if m.get("nonce") == nonce] == [(again["id"], "once")]


@pytest.mark.sanitize
@pytest.mark.parametrize("how", LEAVING)
async def test_a_request_that_is_cut_anywhere(server, world, how):
    ann = await world.user("ann")
    room = await ann.new_room()
    whole = len(request_of(ann, room, "n" * 12))
    for cut in [*range(1, whole, 37), whole]:
        nonce = unique("n")
        wire = await Wire.connect(server.address)
        await wire.send(request_of(ann, room, nonce)[:cut])
        await leave(wire, how)
        await one_message(ann, room, nonce)
        wire.close()


@pytest.mark.sanitize
@pytest.mark.parametrize("how", LEAVING)
async def test_a_command_that_is_cut_anywhere(server, world, how):
    ann = await world.user("ann")
    room = await ann.new_room()
    command = {"op": "send", "ref": "r", "room_id": room, "text": "once"}
    whole = len(frame(TEXT, json.dumps({**command, "nonce": "n" * 12}).encode()))
    for cut in [*range(1, whole, 17), whole]:
        nonce = unique("n")
        socket = await WebSocket.open(server.address, ann.token)
        await socket.wire.send(frame(TEXT, json.dumps({**command, "nonce": nonce}).encode())[:cut])
        await leave(socket.wire, how)
        await one_message(ann, room, nonce)
        socket.wire.close()


@pytest.mark.sanitize
async def test_fifty_at_once_over_both_ways_make_one(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    nonce = unique("nonce")
    clients = [HttpClient(server.address, ann.token) for _ in range(25)]
    sockets = [await ann.stream("ws") for _ in range(25)]
    answers = await asyncio.gather(
        *(client.post(f"/api/v1/rooms/{room}/messages", {"text": "once", "nonce": nonce}) for client in clients),
        *(socket.command("send", room_id=room, text="once", nonce=nonce) for socket in sockets))
    assert all(answer["type"] == "ack" for answer in answers[25:]), answers[25:]
    ids = {answer.json["id"] for answer in answers[:25]} | {answer["data"]["id"] for answer in answers[25:]}
    assert len(ids) == 1 and [message["id"] for message in await ann.history(room)] == list(ids)
    assert sorted({answer.status for answer in answers[:25]}) in ([200], [200, 201])
    for client in clients:
        client.close()


@pytest.mark.sanitize
async def test_a_server_that_is_killed_before_it_answers(site):
    """The client cannot know whether it was committed: asked again after the restart, there is one."""
    node = site.node("--sends-per-5s", "100000", "--sends-burst", "100000")
    world = World(node.address)
    ann = await world.user("ann")
    room = await ann.new_room()
    for _ in range(5):
        nonces = [unique("n") for _ in range(40)]
        wires = [await Wire.connect(node.address) for _ in nonces]
        await asyncio.gather(*(wire.send(request_of(ann, room, nonce)) for wire, nonce in zip(wires, nonces)))
        async with asyncio.timeout(patience(20)):
            await wires[0].fill()  # some are done, others are not
        node.kill()
        node.start()
        for wire in wires:
            wire.close()
        ann.rest.close()
        for nonce in nonces:
            expect(await ann.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "once", "nonce": nonce}), 200, 201)
        kept = [message["nonce"] for message in await ann.history(room)]
        assert len(kept) == len(set(kept)) and set(nonces) <= set(kept)
    world.close()
