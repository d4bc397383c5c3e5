"""GET /search (PROTOCOL.md section 4): only what the caller may read, as it is now, best first."""

import asyncio
from urllib.parse import quote

import pytest

from harness.problems import expect_problem
from harness.world import expect, unique


async def find(user, q, **more):
    query = "&".join([f"q={quote(q)}", *(f"{name}={value}" for name, value in more.items())])
    body = expect(await user.rest.get(f"/api/v1/search?{query}"), 200).json
    assert body["complete"] is True
    return body["messages"]


def texts(messages):
    return [message["text"] for message in messages]


@pytest.mark.sanitize
async def test_what_was_just_said_is_found_with_a_snippet(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    word = unique("w").replace("-", "").replace("_", "")
    sent = await ann.say(room, f"Grüße vom {word} 🚀 am Meer")
    [found] = await find(ann, word)
    assert {name: found[name] for name in sent} == sent
    [[begin, length]] = found["snippet_marks"]
    assert found["snippet"][begin:begin + length] == word


@pytest.mark.sanitize
async def test_only_the_rooms_of_the_caller(world):
    ann, eve = await world.users(2)
    word = unique("secret").replace("-", "").replace("_", "")
    public, private = await ann.new_room(), await ann.new_room(visibility="private")
    direct = expect(await ann.rest.post(f"/api/v1/direct/{eve.id}"), 200, 201).json["id"]
    for room in (public, private, direct):
        await ann.say(room, f"{word} in {room}")
    assert len(await find(ann, word)) == 3
    assert texts(await find(eve, word)) == [f"{word} in {direct}"]
    expect_problem(await eve.rest.get(f"/api/v1/search?q={word}&room={private}"), 404)
    expect_problem(await eve.rest.get(f"/api/v1/search?q={word}&room={public}"), 403)
    expect_problem(await ann.rest.get(f"/api/v1/search?q={word}&room=nonsense"), 422)
    await eve.join(public)
    assert len(await find(eve, word)) == 2
    assert texts(await find(eve, word, room=public)) == [f"{word} in {public}"]
    await eve.leave(public)
    assert len(await find(eve, word)) == 1


@pytest.mark.sanitize
async def test_edits_are_found_and_deletes_forgotten(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    before, after = (unique(word).replace("-", "").replace("_", "") for word in ("before", "after"))
    sent = await ann.say(room, before)
    path = f"/api/v1/rooms/{room}/messages/{sent['id']}"
    expect(await ann.rest.patch(path, {"text": after}), 200)
    assert await find(ann, before) == [] and texts(await find(ann, after)) == [after]
    expect(await ann.rest.delete(path), 204)
    assert await find(ann, after) == []
    again = await ann.say(room, after)
    assert [m["id"] for m in await find(ann, after)] == [again["id"]]
    expect(await ann.rest.delete(f"/api/v1/rooms/{room}"), 204)
    assert await find(ann, after) == []


async def test_the_best_first_and_no_more_than_asked_for(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    word = unique("w").replace("-", "").replace("_", "")
    said = [f"{word} among many other words of a rather long sentence", word, f"{word} {word} twice"]
    for text in said:
        await ann.say(room, text)
    assert texts(await find(ann, word)) == [said[2], said[1], said[0]]
    assert len(await find(ann, word, limit=2)) == 2
    assert len(await find(ann, word[:-1])) == 3, "the last word may be the beginning of one"
    assert await find(ann, f'"{word} other"') == []


@pytest.mark.parametrize("query", ["", "q=", "q=%20%22%22", "q=" + "x" * 201, "q=a&limit=0", "q=a&limit=x",
                                   "q=" + "+".join(["ab"] * 17)])
async def test_a_bad_question_is_refused_with_the_field_named(world, query):
    ann = await world.user("ann")
    problem = expect_problem(await ann.rest.get(f"/api/v1/search?{query}"), 422)
    assert set(problem["fields"]) & {"q", "limit"}


async def test_search_needs_a_token(world):
    ann = await world.user("ann")
    ann.rest.token = None
    expect_problem(await ann.rest.get("/api/v1/search?q=word"), 401)


async def test_many_who_ask_at_once_are_all_answered(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    word = unique("w").replace("-", "").replace("_", "")
    await ann.say(room, word)
    answers = await asyncio.gather(*(find(ann, word) for _ in range(20)))
    assert [texts(answer) for answer in answers] == [[word]] * 20
