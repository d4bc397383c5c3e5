"""Rooms, members, typing, presence and /sync over REST (PROTOCOL.md section 4)."""

import pytest

from harness.problems import expect_problem
from harness.world import expect, items, member_id, unique


@pytest.mark.sanitize
async def test_a_room_is_made_by_its_owner(world):
    ann = await world.user("ann")
    answer = await ann.rest.post("/api/v1/rooms", {"name": "Tea & cake", "visibility": "public", "topic": "Cake ☕"})
    room = expect(answer, 201).json
    assert set(room) >= {"id", "name", "topic", "visibility", "kind", "created_at", "role"}
    assert (room["name"], room["topic"], room["visibility"]) == ("Tea & cake", "Cake ☕", "public")
    assert (room["kind"], room["role"]) == ("room", "owner") and room["id"].startswith("r_")
    assert expect(await ann.rest.get(f"/api/v1/rooms/{room['id']}"), 200).json["id"] == room["id"]
    assert room["id"] in [r["id"] for r in items(expect(await ann.rest.get("/api/v1/rooms"), 200).json, "rooms")]


@pytest.mark.parametrize("body, field", [
    ({"name": "", "visibility": "public"}, "name"),
    ({"name": "x" * 81, "visibility": "public"}, "name"),
    ({"visibility": "public"}, "name"),
    ({"name": 7, "visibility": "public"}, "name"),
    ({"name": "fine", "visibility": "secret"}, "visibility"),
])
async def test_a_bad_room_is_refused_with_the_field_named(world, body, field):
    ann = await world.user("ann")
    assert field in expect_problem(await ann.rest.post("/api/v1/rooms", body), 422)["fields"]


async def test_unknown_fields_are_ignored(world):
    ann = await world.user("ann")
    body = {"name": unique("room"), "visibility": "public", "colour": {"deep": ["red"]}}
    expect(await ann.rest.post("/api/v1/rooms", body), 201)


@pytest.mark.sanitize
async def test_joining_and_leaving_a_public_room(world):
    ann, bob = await world.users(2)
    room = await ann.new_room()
    joined = expect(await bob.rest.post(f"/api/v1/rooms/{room}/join"), 200).json
    assert joined["id"] == room and joined["role"] == "member"
    expect(await bob.rest.post(f"/api/v1/rooms/{room}/join"), 200)  # again is no mistake
    members = items(expect(await bob.rest.get(f"/api/v1/rooms/{room}/members"), 200).json, "members")
    assert {member_id(m): m["role"] for m in members} == {ann.id: "owner", bob.id: "member"}
    await bob.leave(room)
    members = items(expect(await ann.rest.get(f"/api/v1/rooms/{room}/members"), 200).json, "members")
    assert [member_id(m) for m in members] == [ann.id]
    answer = await bob.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "am I still here?"})
    assert answer.status in (403, 404), answer


@pytest.mark.sanitize
async def test_a_private_room_does_not_exist_for_strangers(world):
    ann, bob = await world.users(2)
    room = await ann.new_room("private")
    message = (await ann.say(room, "secret"))["id"]
    for path in ("", "/members", "/messages", f"/messages/{message}", "/presence"):
        expect_problem(await bob.rest.get(f"/api/v1/rooms/{room}{path}"), 404, "not_found")
    expect_problem(await bob.rest.post(f"/api/v1/rooms/{room}/join"), 404, "not_found")
    expect_problem(await bob.rest.post(f"/api/v1/rooms/{room}/typing"), 404, "not_found")
    expect_problem(await bob.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "hi"}), 404, "not_found")
    unknown = expect_problem(await bob.rest.get("/api/v1/rooms/r_unknown"), 404, "not_found")
    hidden = expect_problem(await bob.rest.get(f"/api/v1/rooms/{room}"), 404, "not_found")
    for name in ("type", "title", "code", "status"):
        assert unknown[name] == hidden[name], "a hidden room must look like one that is not there"
    assert room not in [r["id"] for r in items((await bob.rest.get("/api/v1/rooms")).json, "rooms")]


async def test_typing_is_accepted_from_members(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    for _ in range(3):  # the limit is on events, not on calls
        expect(await ann.rest.post(f"/api/v1/rooms/{room}/typing"), 204)


async def test_presence_names_each_member_of_a_room(world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    users = expect(await ann.rest.get(f"/api/v1/rooms/{room}/presence"), 200).json["users"]
    assert set(users) <= {ann.id, bob.id} and users.get(bob.id, {"status": "offline"})["status"] == "offline"
    users = expect(await ann.rest.get(f"/api/v1/presence?users={ann.id},{bob.id}"), 200).json["users"]
    assert set(users) == {ann.id, bob.id}
    assert {user["status"] for user in users.values()} == {"offline"}
    assert all({"status", "last_seen_at", "transports"} <= set(user) for user in users.values())


@pytest.mark.sanitize
async def test_sync_is_one_snapshot_of_everything(world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    empty = await ann.new_room()
    last = None
    for n in range(3):
        last = await bob.say(room, f"news {n}")
    sync = await ann.sync()
    assert set(sync) >= {"cursor", "user", "rooms", "presence"} and sync["user"]["id"] == ann.id
    rooms = {r["id"]: r for r in sync["rooms"]}
    assert set(rooms) == {room, empty}
    full = rooms[room]
    for name in ("id", "name", "visibility", "kind", "role", "created_at", "last_message", "unread_count",
                 "mention_count", "last_read_message_id", "members_count"):
        assert name in full, name
    assert full["last_message"]["id"] == last["id"] and full["members_count"] == 2
    assert full["unread_count"] == 3
    assert rooms[empty]["last_message"] is None and rooms[empty]["unread_count"] == 0


@pytest.mark.sanitize
async def test_streaming_from_the_cursor_of_sync_has_no_gap_and_no_overlap(world):
    """/sync while messages pour in: its last_message plus the stream make the whole, at every instant."""
    import asyncio

    from harness.transports import next_message
    from harness.world import told
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)

    async def pour():
        for n in range(120):
            await bob.say(room, f"drop {n}")

    pouring = asyncio.create_task(pour())
    while not pouring.done():
        sync = await ann.sync()
        snapshot = next(r for r in sync["rooms"] if r["id"] == room)
        seen = snapshot["last_message"]["seq"] if snapshot["last_message"] else 0
        if seen >= 115:
            break
        stream = await ann.stream("sse", {"cursor": sync["cursor"]})
        assert told(await next_message(stream))[1] == seen + 1, "the stream does not go on where /sync ended"
        stream.abandon()
    await pouring
