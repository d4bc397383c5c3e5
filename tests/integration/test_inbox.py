"""GET /inbox (PROTOCOL.md section 4): what waits for somebody, over all their rooms."""

import pytest

from harness.problems import expect_problem
from harness.world import expect


async def inbox(user, query=""):
    return expect(await user.rest.get(f"/api/v1/inbox{query}"), 200).json


async def ids(user, query=""):
    return [message["id"] for message in (await inbox(user, query))["messages"]]


async def direct(user, other):
    return expect(await user.rest.post(f"/api/v1/direct/{other.id}"), 200, 201).json["id"]


@pytest.mark.sanitize
async def test_mentions_and_direct_messages_until_they_are_read(world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    one_to_one = await direct(ann, bob)
    assert await inbox(bob) == {"messages": [], "has_more": False}
    await ann.say(room, "to nobody")
    mention = await ann.say(room, f"to @{bob.name}")
    private = await ann.say(one_to_one, "only you")
    await bob.say(one_to_one, f"to myself, @{bob.name}")
    assert await ids(bob) == [private["id"], mention["id"]]
    assert await ids(ann) == [expect(await ann.rest.get(f"/api/v1/rooms/{one_to_one}/messages?limit=1"), 200)
                              .json["messages"][0]["id"]]
    expect(await bob.rest.put(f"/api/v1/rooms/{room}/read", {"message_id": mention["id"]}), 204)
    assert await ids(bob) == [private["id"]]
    expect(await bob.rest.put(f"/api/v1/rooms/{one_to_one}/read", {"message_id": private["id"]}), 204)
    assert await ids(bob) == []


@pytest.mark.sanitize
async def test_what_is_taken_back_or_out_of_reach_does_not_wait(world):
    ann, bob = await world.users(2)
    room, gone = await world.room_of(ann, bob), await world.room_of(ann, bob)
    edited, deleted = [await ann.say(room, f"@{bob.name} {n}") for n in range(2)]
    await ann.say(gone, f"@{bob.name}")
    assert len(await ids(bob)) == 3
    expect(await ann.rest.patch(f"/api/v1/rooms/{room}/messages/{edited['id']}", {"text": "nobody"}), 200)
    expect(await ann.rest.delete(f"/api/v1/rooms/{room}/messages/{deleted['id']}"), 204)
    await bob.leave(gone)
    assert await ids(bob) == []
    await bob.join(gone)
    assert await ids(bob) == [], "from before they came"


async def test_it_goes_page_by_page(world):
    ann, bob = await world.users(2)
    one_to_one = await direct(ann, bob)
    sent = [(await ann.say(one_to_one, f"line {n}"))["id"] for n in range(5)]
    first = await inbox(bob, "?limit=2")
    assert [m["id"] for m in first["messages"]] == [sent[4], sent[3]] and first["has_more"]
    last = await inbox(bob, f"?limit=3&before={sent[3]}")
    assert [m["id"] for m in last["messages"]] == [sent[2], sent[1], sent[0]] and not last["has_more"]
    for query in ("?limit=0", "?before=nonsense", f"?after={sent[0]}", f"?around={sent[0]}"):
        expect_problem(await bob.rest.get(f"/api/v1/inbox{query}"), 422)
