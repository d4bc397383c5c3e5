"""Every event that the server says is as docs/asyncapi.yaml has it, field for field, on each transport."""

import asyncio

import pytest

from harness.openapi import Events
from harness.timing import eventually
from harness.world import World, expect, unique

EVENTS = Events()
_OF_WEB_SOCKETS = {"ack", "error", "probe"}


async def listen(stream, heard):
    while True:
        heard.append((await stream.next_event(60)).body)


async def live_a_day(ann, bob):
    """Something of everything that Bob hears of."""
    room = await ann.new_room()
    await bob.join(room)
    first = await ann.say(room, "hello", metadata={"a": 1})
    path = f"/api/v1/rooms/{room}/messages/{first['id']}"
    answer = await ann.say(room, f"an answer to @{bob.name}", reply_to=first["id"], nonce=unique("n"))
    expect(await ann.rest.patch(path, {"text": "hello!"}), 200)
    expect(await ann.rest.put(f"{path}/reactions/x"), 204)
    expect(await ann.rest.delete(f"{path}/reactions/x"), 204)
    expect(await bob.rest.put(f"/api/v1/rooms/{room}/read", {"message_id": answer["id"]}), 204)
    expect(await ann.rest.delete(path), 204)
    expect(await ann.rest.patch(f"/api/v1/rooms/{room}", {"topic": "t"}), 200)
    expect(await ann.rest.post(f"/api/v1/rooms/{room}/typing"), 204)
    expect(await ann.rest.put(f"/api/v1/rooms/{room}/members/{bob.id}", {"role": "moderator"}), 200)
    expect(await bob.rest.post("/api/v1/rooms", {"name": unique("room"), "visibility": "private"}), 201)
    expect(await ann.rest.put("/api/v1/presence", {"status": "away"}), 204)
    gone = await ann.new_room()
    await bob.join(gone)
    expect(await ann.rest.delete(f"/api/v1/rooms/{gone}/members/{bob.id}"), 204)
    await bob.join(gone)
    expect(await ann.rest.delete(f"/api/v1/rooms/{gone}"), 204)
    expect(await ann.rest.post(f"/api/v1/direct/{bob.id}"), 201)


@pytest.mark.parametrize("kind", ["ws", "sse", "poll"])
async def test_what_is_said_is_in_the_document(site, kind):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    ann, bob = await world.users(2)
    await ann.stream("sse")
    stream = await bob.stream(kind, {"heartbeat": 5})
    heard = [stream.hello.body]
    listening = asyncio.create_task(listen(stream, heard))
    await live_a_day(ann, bob)
    wanted = EVENTS.types - _OF_WEB_SOCKETS - {"bye"} - ({"heartbeat"} if kind == "poll" else set())
    await eventually(lambda: wanted <= {body["type"] for body in heard} or listening.done(), 30,
                     f"all of {sorted(wanted)}")
    listening.cancel()
    await asyncio.wait([listening])  # before somebody else reads
    if kind == "ws":
        heard += [await stream.command("ping"), await stream.command("nothing like that"),
                  await stream.command("send", room_id="r_none", text="", nonce="n")]
    for body in heard:
        EVENTS.check(body)
    world.close()


@pytest.mark.parametrize("kind", ["ws", "sse"])
async def test_a_goodbye_too(site, kind):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    bob = await world.user("bob")
    stream = await bob.stream(kind)
    heard = []
    listening = asyncio.create_task(listen(stream, heard))
    expect(await bob.rest.delete("/api/v1/sessions/current"), 204)
    await eventually(lambda: "bye" in {body["type"] for body in heard} or listening.done(), 10, "bye")
    listening.cancel()
    assert "bye" in {body["type"] for body in heard}, heard
    for body in heard:
        EVENTS.check(body)
    world.close()
