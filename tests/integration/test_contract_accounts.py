"""Accounts, sessions, tickets and tokens (PROTOCOL.md sections 3 and 4)."""

import asyncio
import re
from datetime import datetime, timezone

import pytest

from harness.http1 import HttpClient
from harness.problems import expect_problem
from harness.websocket import Refused, WebSocket
from harness.world import PASSWORD, User, expect, items, unique

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
ID = re.compile(r"^[a-z]+_[A-Za-z0-9_-]{1,61}$")


@pytest.mark.sanitize
async def test_an_account_is_made_and_its_token_works_at_once(server, world):
    client = HttpClient(server.address)
    name = unique("ann")
    answer = await client.post("/api/v1/users", {"name": name, "password": PASSWORD, "display_name": "Ann ✓"})
    body = expect(answer, 201).json
    assert set(body) >= {"user", "token", "expires_at"}
    assert body["user"]["name"] == name and body["user"]["display_name"] == "Ann ✓"
    assert ID.match(body["user"]["id"]) and body["user"]["id"].startswith("u_")
    assert TIME.match(body["user"]["created_at"]) and TIME.match(body["expires_at"])
    assert datetime.fromisoformat(body["expires_at"]) > datetime.now(timezone.utc)
    assert "password" not in answer.body.decode()
    person = User(server.address, body)
    world.people.append(person)
    assert expect(await person.rest.get("/api/v1/users/me"), 200).json == body["user"]
    client.close()


async def test_a_name_is_taken_once(server, world):
    ann = await world.user("ann")
    client = HttpClient(server.address)
    problem = expect_problem(await client.post("/api/v1/users", {"name": ann.name, "password": PASSWORD}), 409)
    assert "taken" in problem["code"] or "conflict" in problem["code"]
    client.close()


@pytest.mark.parametrize("body, field", [
    ({"name": "a", "password": PASSWORD}, "name"),
    ({"name": "a" * 33, "password": PASSWORD}, "name"),
    ({"name": "Ann Upper", "password": PASSWORD}, "name"),
    ({"name": "a\u0007b", "password": PASSWORD}, "name"),
    ({"password": PASSWORD}, "name"),
    ({"name": "fine-name"}, "password"),
    ({"name": "fine-name", "password": ""}, "password"),
    ({"name": "fine-name", "password": 12345678}, "password"),
])
async def test_a_bad_account_is_refused_with_the_field_named(server, body, field):
    client = HttpClient(server.address)
    problem = expect_problem(await client.post("/api/v1/users", body), 422)
    assert field in problem["fields"]
    client.close()


async def test_signing_in_needs_the_right_password(server, world):
    ann = await world.user("ann")
    client = HttpClient(server.address)
    good = expect(await client.post("/api/v1/sessions", {"name": ann.name, "password": PASSWORD}), 201).json
    assert good["user"] == ann.user and good["token"] and good["expires_at"]
    for name, password in ((ann.name, "wrong password"), (unique("nobody"), PASSWORD)):
        answer = await client.post("/api/v1/sessions", {"name": name, "password": password})
        expect_problem(answer, 401, "bad_credentials")
    client.close()


@pytest.mark.sanitize
async def test_signing_out_ends_that_token_only(server, world):
    ann = await world.user("ann")
    second = expect(await ann.rest.post("/api/v1/sessions", {"name": ann.name, "password": PASSWORD}), 201).json
    other = HttpClient(server.address, second["token"])
    expect(await other.get("/api/v1/users/me"), 200)
    expect(await other.delete("/api/v1/sessions/current"), 204)
    expect_problem(await other.get("/api/v1/users/me"), 401)
    expect(await ann.rest.get("/api/v1/users/me"), 200)
    other.close()


@pytest.mark.parametrize("authorization", [
    None, "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "Bearer " + "a" * 2000, "Bearer a.b.c", "bearer \x7f"])
async def test_without_a_good_token_there_is_401(server, authorization):
    client = HttpClient(server.address)
    headers = {"Authorization": authorization} if authorization else {}
    for path in ("/api/v1/users/me", "/api/v1/sync", "/api/v1/rooms", "/rt/v1/sse", "/rt/v1/poll", "/rt/v1/connect"):
        answer = await client.get(path, headers=headers)
        assert answer.status in (400, 401) if "\x7f" in (authorization or "") else answer.status == 401, (path, answer)
        expect_problem(answer, answer.status)
    client.close()


async def test_a_token_with_one_changed_character_is_refused(server, world):
    ann = await world.user("ann")
    for at in (0, len(ann.token) // 2, len(ann.token) - 2):
        forged = ann.token[:at] + ("A" if ann.token[at] != "A" else "B") + ann.token[at + 1:]
        client = HttpClient(server.address, forged)
        expect_problem(await client.get("/api/v1/users/me"), 401)
        client.close()


async def test_a_token_is_never_accepted_in_a_url(server, world):
    ann = await world.user("ann")
    client = HttpClient(server.address)
    for name in ("token", "access_token", "authorization", "bearer", "ticket"):
        for path in ("/rt/v1/sse", "/rt/v1/poll", "/rt/v1/connect", "/api/v1/users/me"):
            expect_problem(await client.get(f"{path}?{name}={ann.token}"), 401)
        with pytest.raises(Refused) as refused:
            await WebSocket.open(server.address, params={name: ann.token})
        assert refused.value.response.status == 401
    client.close()


@pytest.mark.sanitize
async def test_a_ticket_opens_one_connection_and_no_second(server, world):
    ann = await world.user("ann")
    for kind in ("ws", "sse", "poll"):
        answer = expect(await ann.rest.post("/api/v1/tickets"), 201).json
        assert answer["expires_in"] == 30
        ticket = answer["ticket"]
        if kind == "ws":
            stream = await WebSocket.open(server.address, params={"ticket": ticket})
            hello = await stream.next_event()
            assert hello.body["user"]["id"] == ann.id
            with pytest.raises(Refused) as refused:
                await WebSocket.open(server.address, params={"ticket": ticket})
            assert refused.value.response.status == 401
            stream.abandon()
        else:
            await _ticket_over_http(server, f"/rt/v1/{kind}?ticket={ticket}", ann.id)
            client = HttpClient(server.address)
            expect_problem(await client.get(f"/rt/v1/{kind}?ticket={ticket}"), 401)
            client.close()


async def _ticket_over_http(server, target, user_id):
    from harness.http1 import build_request, read_head
    from harness.wire import Wire
    wire = await Wire.connect(server.address)
    await wire.send(build_request("GET", target))
    assert (await read_head(wire)).status == 200
    async with asyncio.timeout(15):
        while user_id.encode() not in wire.buffer:
            assert await wire.fill(), f"no hello on {target}: {bytes(wire.buffer)!r}"
    wire.close()


async def test_of_many_who_race_for_one_ticket_one_wins(server, world):
    ann = await world.user("ann")
    ticket = expect(await ann.rest.post("/api/v1/tickets"), 201).json["ticket"]

    async def attempt():
        client = HttpClient(server.address)
        answer = await client.get(f"/rt/v1/poll?ticket={ticket}")
        client.close()
        return answer.status

    statuses = await asyncio.gather(*(attempt() for _ in range(8)))
    assert sorted(statuses) == [200] + [401] * 7


async def test_a_refreshed_token_works(server, world):
    ann = await world.user("ann")
    body = expect(await ann.rest.post("/api/v1/tokens/refresh"), 201).json
    assert TIME.match(body["expires_at"])
    client = HttpClient(server.address, body["token"])
    assert expect(await client.get("/api/v1/users/me"), 200).json["id"] == ann.id
    client.close()


async def test_users_are_found_by_id_and_by_search(server, world):
    ann, bob = await world.users(2, "seek")
    assert expect(await bob.rest.get(f"/api/v1/users/{ann.id}"), 200).json == ann.user
    expect_problem(await bob.rest.get("/api/v1/users/u_nobody"), 404, "not_found")
    found = items(expect(await bob.rest.get(f"/api/v1/users?q={ann.name}&limit=5"), 200).json, "users")
    assert ann.id in [user["id"] for user in found] and len(found) <= 5


async def test_a_profile_is_changed_by_its_owner(server, world):
    ann = await world.user("ann")
    changed = expect(await ann.rest.patch("/api/v1/users/me", {"display_name": "Ann of Green Gables"}), 200).json
    assert changed == {**ann.user, "display_name": "Ann of Green Gables"}
    assert expect(await ann.rest.get("/api/v1/users/me"), 200).json == changed
