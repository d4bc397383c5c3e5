"""Mutes and slow mode on the wire: who is refused over which transport, who hears of it, and what a node that is
started again still knows."""

import pytest

from harness.transports import TRANSPORTS, next_message, next_of
from harness.world import World, expect


async def _room_of_three(world):
    owner, bob, eve = await world.users(3)
    return owner, bob, eve, await world.room_of(owner, bob, eve)


def _mute(by, room, whom, seconds=600):
    return by.rest.put(f"/api/v1/rooms/{room}/members/{whom.id}/mute", {"seconds": seconds})


@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_a_mute_is_heard_by_all_and_stops_one(world, kind):
    owner, bob, eve, room = await _room_of_three(world)
    streams = [await person.stream(kind) for person in (owner, bob, eve)]
    said = await bob.say(room, "before")
    muted = expect(await _mute(owner, room, bob), 200).json
    for stream in streams:
        assert (await next_of(stream, "member.updated")).data["member"] == muted
    for refused in (
        await bob.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "x"}),
        await bob.rest.patch(f"/api/v1/rooms/{room}/messages/{said['id']}", {"text": "x"}),
        await bob.rest.put(f"/api/v1/rooms/{room}/messages/{said['id']}/reactions/x"),
        await bob.rest.post(f"/api/v1/rooms/{room}/typing"),
    ):
        assert (refused.status, refused.json["code"]) == (403, "muted")
        assert muted["muted_until"] in refused.json["detail"]
    await eve.say(room, "after")
    for stream in streams:
        assert (await next_message(stream)).data["text"] == "after"
    assert (await bob.rest.get(f"/api/v1/rooms/{room}")).json["muted_until"] == muted["muted_until"]
    assert "muted_until" not in (await eve.rest.get(f"/api/v1/rooms/{room}")).json
    assert (await bob.sync())["rooms"][0]["muted_until"] == muted["muted_until"]


async def test_over_a_web_socket_it_is_an_error_and_the_connection_goes_on(world):
    owner, bob, _, room = await _room_of_three(world)
    stream = await bob.stream("ws")
    expect(await _mute(owner, room, bob), 200)
    refused = await stream.command("send", room_id=room, text="x", nonce="n")
    assert (refused["error"]["status"], refused["error"]["code"]) == (403, "muted")
    expect(await owner.rest.delete(f"/api/v1/rooms/{room}/members/{bob.id}/mute"), 204)
    assert (await stream.command("send", room_id=room, text="x", nonce="n"))["type"] == "ack"
    expect(await owner.rest.patch(f"/api/v1/rooms/{room}", {"slow_mode_seconds": 3600}), 200)
    early = await stream.command("send", room_id=room, text="y", nonce="m")
    assert (early["error"]["status"], early["error"]["code"]) == (429, "slow_mode")
    assert 3590 < early["error"]["retry_after_s"] <= 3600
    again = await stream.command("send", room_id=room, text="x", nonce="n")
    assert again["type"] == "ack", "a replay is not too soon"


async def test_slow_mode_over_rest(world):
    owner, bob, eve, room = await _room_of_three(world)
    changed = expect(await owner.rest.patch(f"/api/v1/rooms/{room}", {"slow_mode_seconds": 3600}), 200).json
    assert changed["slow_mode_seconds"] == 3600
    await bob.say(room, "first")
    early = await bob.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "second"})
    assert (early.status, early.json["code"]) == (429, "slow_mode")
    assert 3590 < int(early.header("Retry-After")) <= 3600
    assert early.json["retry_after_s"] == int(early.header("Retry-After"))
    await eve.say(room, "each has their own time")
    for text in ("moderators", "need not", "wait"):
        await owner.say(room, text)
    changed = expect(await owner.rest.patch(f"/api/v1/rooms/{room}", {"slow_mode_seconds": 0}), 200).json
    assert "slow_mode_seconds" not in changed
    await bob.say(room, "second")


async def test_both_outlive_the_server(site):
    node = site.node("--drain-seconds", "1")
    world = World(node.address)
    owner, bob, eve, room = await _room_of_three(world)
    expect(await _mute(owner, room, bob), 200)
    expect(await owner.rest.patch(f"/api/v1/rooms/{room}", {"slow_mode_seconds": 3600}), 200)
    await eve.say(room, "first")
    world.close()
    node.terminate()
    node.start()
    refused = await bob.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "x"})
    assert refused.json["code"] == "muted"
    early = await eve.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "x"})
    assert early.json["code"] == "slow_mode"
    world.close()
