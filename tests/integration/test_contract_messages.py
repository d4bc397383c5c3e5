"""Messages over REST: sending, paging, idempotency (PROTOCOL.md sections 1, G4, and 4)."""

import asyncio
import re

import pytest

from harness.http1 import build_request, read_response
from harness.problems import expect_problem
from harness.timing import patience
from harness.wire import Wire
from harness.world import expect, unique

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


@pytest.mark.sanitize
async def test_a_message_has_every_promised_field(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    nonce = unique("nonce")
    text = "Grüße, \"quotes\" \\ and \u2028 🚀\n<b>tab\t</b>"
    sent = await ann.say(room, text, nonce=nonce, metadata={"k": [1, None, "é"]})
    assert sent["id"].startswith("m_") and sent["room_id"] == room and sent["seq"] == 1
    assert sent["author"] == {"id": ann.id, "name": ann.name, "display_name": ann.user["display_name"]}
    assert sent["text"] == text and sent["nonce"] == nonce and sent["metadata"] == {"k": [1, None, "é"]}
    assert sent["mentions"] == [] and sent["reactions"] == [] and TIME.match(sent["created_at"])
    assert expect(await ann.rest.get(f"/api/v1/rooms/{room}/messages/{sent['id']}"), 200).json == sent
    reply = await ann.say(room, "indeed", reply_to=sent["id"])
    assert reply["reply_to"] in (sent["id"], {"id": sent["id"]}) and reply["seq"] == 2


@pytest.mark.parametrize("body", [
    {}, {"text": ""}, {"text": "x" * 4001}, {"text": 5}, {"text": None}, {"text": ["a"]}])
async def test_a_bad_text_is_refused_with_the_field_named(world, body):
    ann = await world.user("ann")
    room = await ann.new_room()
    problem = expect_problem(await ann.rest.post(f"/api/v1/rooms/{room}/messages", body), 422)
    assert "text" in problem["fields"]


async def test_the_limit_on_text_counts_characters_not_bytes(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    assert (await ann.say(room, "🚀" * 4000))["text"] == "🚀" * 4000
    expect_problem(await ann.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "é" * 4001}), 422)


async def test_a_reply_to_nothing_is_refused(world):
    ann = await world.user("ann")
    room, other = await ann.new_room(), await ann.new_room()
    elsewhere = await ann.say(other, "not here")
    for reply_to in ("m_nothing", elsewhere["id"]):
        answer = await ann.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "re", "reply_to": reply_to})
        assert answer.status in (404, 422), answer
        expect_problem(answer, answer.status)


@pytest.mark.sanitize
async def test_pages_go_before_after_and_around_a_message(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    sent = [await ann.say(room, f"line {n}") for n in range(1, 31)]
    ids = [m["id"] for m in sent]
    assert ids == sorted(ids), "message ids sort by creation"

    async def page(query):
        body = expect(await ann.rest.get(f"/api/v1/rooms/{room}/messages?{query}"), 200).json
        return [m["seq"] for m in body["messages"]], body["has_more"]

    assert await page("") == (list(range(1, 31)), False)
    assert await page("limit=10") == (list(range(21, 31)), True)
    assert await page(f"limit=10&before={ids[20]}") == (list(range(11, 21)), True)
    assert await page(f"limit=10&before={ids[10]}") == (list(range(1, 11)), False)
    assert await page(f"limit=10&before={ids[0]}") == ([], False)
    assert await page(f"limit=10&after={ids[4]}") == (list(range(6, 16)), True)
    assert await page(f"limit=10&after={ids[19]}") == (list(range(21, 31)), False)
    assert await page(f"limit=10&after={ids[29]}") == ([], False)
    around, _ = await page(f"limit=5&around={ids[14]}")
    assert 15 in around and len(around) in (5, 6) and around == list(range(around[0], around[-1] + 1))
    assert around[0] < 15 < around[-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=ten", "before=m_nothing", "limit=99999999999999999999"])
async def test_odd_paging_is_refused_or_clamped_never_a_500(world, query):
    ann = await world.user("ann")
    room = await ann.new_room()
    answer = await ann.rest.get(f"/api/v1/rooms/{room}/messages?{query}")
    assert answer.status in (200, 400, 404, 422), answer
    if answer.status != 200:
        expect_problem(answer, answer.status)


async def test_a_page_holds_200_messages_at_most(world):
    ann = await world.user("ann")
    room = await ann.new_room()
    await asyncio.gather(*(_burst(ann, room, 42) for _ in range(5)))
    answer = await ann.rest.get(f"/api/v1/rooms/{room}/messages?limit=1000")
    assert answer.status in (200, 422), answer
    body = expect(await ann.rest.get(f"/api/v1/rooms/{room}/messages?limit=200"), 200).json
    assert len(body["messages"]) == 200 and body["has_more"]
    if answer.status == 200:
        assert len(answer.json["messages"]) == 200
    history = await _walk_back(ann, room)
    assert [m["seq"] for m in history] == list(range(1, 211))


async def _burst(ann, room, count):
    person = ann.at(ann.address)
    for n in range(count):
        await person.say(room, f"burst {n}")
    person.rest.close()


async def _walk_back(ann, room):
    history, before = [], ""
    while True:
        page = expect(await ann.rest.get(f"/api/v1/rooms/{room}/messages?limit=64{before}"), 200).json
        history = page["messages"] + history
        if not page["has_more"]:
            return history
        before = f"&before={history[0]['id']}"


@pytest.mark.sanitize
@pytest.mark.parametrize("place", ["nonce", "header"])
async def test_a_replayed_send_answers_with_the_original_message(world, place):
    ann = await world.user("ann")
    room = await ann.new_room()
    nonce = unique("nonce")

    async def send(text):
        body = {"text": text, **({"nonce": nonce} if place == "nonce" else {})}
        headers = {"Idempotency-Key": nonce} if place == "header" else {}
        return await ann.rest.post(f"/api/v1/rooms/{room}/messages", body, headers=headers)

    first = expect(await send("once"), 201)
    assert first.header("idempotent-replayed") is None
    again = expect(await send("once"), 200)
    assert again.header("idempotent-replayed") == "true" and again.json == first.json
    expect_problem(await send("something else"), 409, "nonce_reused")
    assert [m["text"] for m in await _walk_back(ann, room)] == ["once"]


@pytest.mark.sanitize
async def test_of_many_concurrent_sends_with_one_nonce_one_makes_a_message(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    nonce = unique("nonce")
    people = [ann.at(server.address) for _ in range(10)]
    answers = await asyncio.gather(*(
        p.rest.post(f"/api/v1/rooms/{room}/messages", {"text": "race", "nonce": nonce}) for p in people))
    assert sorted(a.status for a in answers) == [200] * 9 + [201]
    assert len({a.json["id"] for a in answers}) == 1
    for person in people:
        person.rest.close()


async def test_a_nonce_belongs_to_its_sender(world):
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    nonce = unique("nonce")
    first = await ann.say(room, "mine", nonce=nonce)
    second = await bob.say(room, "mine too", nonce=nonce)
    assert first["id"] != second["id"]


async def test_the_send_limit_bites_with_its_headers(site):
    """Default: 5 per 5 s for a user and room, burst 10. The harness's own nodes switch it off."""
    from harness.world import World
    node = site.node("--sends-per-5s", "5", redis=None)
    world = World(node.address)
    ann = await world.user("ann")
    room, other = await ann.new_room(), await ann.new_room()
    answers = [await ann.rest.post(f"/api/v1/rooms/{room}/messages", {"text": f"{n}"}) for n in range(30)]
    sent = [a for a in answers if a.status == 201]
    refused = [a for a in answers if a.status != 201]
    assert len(sent) >= 10 and refused
    for answer in refused:
        expect_problem(answer, 429, "rate_limited")
        assert int(answer.header("retry-after")) >= 1
        assert int(answer.header("ratelimit-limit")) >= 5
        assert int(answer.header("ratelimit-remaining")) == 0
        assert int(answer.header("ratelimit-reset")) >= 0
    expect(await ann.rest.post(f"/api/v1/rooms/{other}/messages", {"text": "other room"}), 201)
    world.close()


@pytest.mark.sanitize
async def test_pipelined_sends_share_commits_and_keep_their_order(server, world):
    ann = await world.user("ann")
    room = await ann.new_room()
    wire = await Wire.connect(server.address)
    auth = {"Authorization": f"Bearer {ann.token}", "Content-Type": "application/json"}
    sends = [build_request("POST", f"/api/v1/rooms/{room}/messages", {**auth, "X-Request-Id": f"r-{n}"}, f'{{"text":"{n}"}}'.encode())
             for n in range(40)]
    sends[20] = build_request("POST", f"/api/v1/rooms/{room}/messages", {**auth, "X-Request-Id": "r-20"}, b"{}")
    sends.insert(30, build_request("GET", f"/api/v1/rooms/{room}/messages?limit=1", {**auth, "X-Request-Id": "look"}))
    await wire.send(b"".join(sends))
    async with asyncio.timeout(patience(30)):
        answers = [await read_response(wire) for _ in sends]
    wire.close()
    ids = [answer.header("X-Request-Id") for answer in answers]
    assert ids == [f"r-{n}" for n in range(30)] + ["look"] + [f"r-{n}" for n in range(30, 40)]
    assert answers[30].json["messages"][0]["text"] == "29", "a look behind a send sees it"
    assert [answer.status for answer in answers] == [422 if n == 20 else 200 if n == 30 else 201 for n in range(41)]
    assert [message["text"] for message in await ann.history(room)] == [f"{n}" for n in range(40) if n != 20]
