"""The audit log: who did what to what, from where, and nothing that somebody said or keeps secret."""

import json
import os
import signal

import pytest

from harness.http1 import HttpClient
from harness.timing import eventually
from harness.world import PASSWORD, World, expect

API_KEY = "an api key of some length"


@pytest.fixture
def audited(site):
    path = os.path.join(site.folder(), "audit.log")
    node = site.node("--drain-seconds", "1", "--audit-log", path, "--api-key", API_KEY, redis=None)
    node.audit_path = path
    return node


def entries(node, *actions):
    with open(node.audit_path, encoding="utf-8") as file:
        all_entries = [json.loads(line) for line in file.read().splitlines()]
    return [entry for entry in all_entries if not actions or entry["action"] in actions]


async def entry(node, action, **wanted):
    """The one entry of this kind, as soon as it is written."""
    found = await eventually(lambda: [e for e in entries(node, action) if wanted.items() <= e.items()], 15, action)
    assert len(found) == 1, found
    assert found[0]["node"] == "n1" and found[0]["time"].endswith("Z")
    return found[0]


@pytest.mark.sanitize
async def test_who_came_in_and_who_did_not_is_noted(audited):
    world = World(audited.address)
    ann = await world.user("ann")
    await entry(audited, "signup", user=ann.id, address="127.0.0.1")
    client = HttpClient(audited.address)
    answer = await client.post("/api/v1/sessions", {"name": ann.name, "password": PASSWORD})
    await entry(audited, "login", user=ann.id, request_id=answer.header("x-request-id"))
    await client.post("/api/v1/sessions", {"name": ann.name, "password": "a wrong password"})
    await entry(audited, "login_failed", user=ann.id)
    await client.post("/api/v1/sessions", {"name": "my password by mistake", "password": "a wrong password"})
    unknown = await eventually(lambda: [e for e in entries(audited, "login_failed") if "user" not in e], 15, "a failure")
    assert set(unknown[0]) == {"time", "node", "action", "address", "request_id"}
    for _ in range(12):
        await client.post("/api/v1/sessions", {"name": ann.name, "password": "a wrong password"})
    await eventually(lambda: entries(audited, "login_throttled"), 15, "a refused attempt")
    answers = [await client.post("/api/v1/sessions", {"name": ann.name, "password": "wrong"}) for _ in range(60)]
    assert sum(answer.status == 429 for answer in answers) > 40
    ticket = expect(await ann.rest.post("/api/v1/tickets"), 201).json["ticket"]
    expect(await ann.rest.delete("/api/v1/sessions/current"), 204)
    await entry(audited, "logout", user=ann.id)
    assert len(entries(audited, "login_throttled")) <= 20, "whoever goes on and on fills no disk"
    await ann.rest.get("/api/v1/users/me")
    await entry(audited, "revoked_token_refused", address="127.0.0.1")
    refused = await client.get(f"/rt/v1/poll?ticket={ticket}")
    assert refused.status == 401
    await entry(audited, "revoked_token_refused", request_id=refused.header("x-request-id"))
    client.close()
    world.close()


@pytest.mark.sanitize
async def test_what_is_done_to_rooms_and_others_is_noted(audited):
    world = World(audited.address)
    ann, bob, cat = await world.users(3)
    room = await ann.new_room()
    await entry(audited, "room_created", user=ann.id, room=room)
    expect(await ann.rest.put(f"/api/v1/rooms/{room}/members/{bob.id}", {"role": "member"}), 201)
    await entry(audited, "member_added", user=ann.id, target=bob.id, room=room, role="member")
    expect(await ann.rest.put(f"/api/v1/rooms/{room}/members/{bob.id}", {"role": "moderator"}), 200)
    await entry(audited, "role_changed", user=ann.id, target=bob.id, role="moderator")
    await cat.join(room)
    own, first, second = [await cat.say(room, f"what cat said {n}") for n in "012"]
    expect(await cat.rest.delete(f"/api/v1/rooms/{room}/messages/{own['id']}"), 204)
    expect(await bob.rest.delete(f"/api/v1/rooms/{room}/messages/{first['id']}"), 204)
    await entry(audited, "message_deleted_by_another", user=bob.id, target=first["id"], room=room)
    stream = await bob.stream("ws")
    assert (await stream.command("delete", room_id=room, message_id=second["id"]))["type"] == "ack"
    await entry(audited, "message_deleted_by_another", user=bob.id, target=second["id"],
                session=stream.hello.body["session"])
    expect(await ann.rest.delete(f"/api/v1/rooms/{room}/members/{cat.id}"), 204)
    await entry(audited, "member_removed", user=ann.id, target=cat.id, room=room)
    expect(await ann.rest.post("/api/v1/server/disconnect", {"user": bob.id}, headers={"X-Api-Key": API_KEY}), 204)
    await entry(audited, "disconnected_by_operator", target=bob.id)
    wrong = {"X-Api-Key": API_KEY + "x"}
    assert (await ann.rest.post("/api/v1/server/disconnect", {"user": bob.id}, headers=wrong)).status == 401
    await entry(audited, "api_key_refused", address="127.0.0.1")
    expect(await ann.rest.patch(f"/api/v1/rooms/{room}", {"visibility": "private"}), 200)
    await entry(audited, "room_changed", user=ann.id, room=room)
    expect(await ann.rest.put(f"/api/v1/rooms/{room}/members/{bob.id}/mute", {"seconds": 60}), 200)
    await entry(audited, "member_muted", user=ann.id, target=bob.id, room=room)
    expect(await ann.rest.delete(f"/api/v1/rooms/{room}/members/{bob.id}/mute"), 204)
    await entry(audited, "member_unmuted", user=ann.id, target=bob.id, room=room)
    expect(await ann.rest.delete(f"/api/v1/rooms/{room}"), 204)
    await entry(audited, "room_deleted", user=ann.id, room=room)
    assert own["id"] not in {e.get("target") for e in entries(audited)}
    with open(audited.audit_path, encoding="utf-8") as file:
        text = file.read()
    for secret in ("cat said", PASSWORD, ann.token, API_KEY):
        assert secret not in text
    world.close()


async def test_a_refusal_is_not_noted_as_done(audited):
    world = World(audited.address)
    ann, bob = await world.users(2)
    room = await world.room_of(ann, bob)
    assert (await bob.rest.delete(f"/api/v1/rooms/{room}")).status == 403
    assert (await bob.rest.delete(f"/api/v1/rooms/{room}/members/{ann.id}")).status == 403
    expect(await ann.rest.delete(f"/api/v1/rooms/{room}"), 204)
    await entry(audited, "room_deleted", room=room)
    assert not entries(audited, "member_removed") and len(entries(audited, "room_deleted")) == 1
    world.close()


async def test_sighup_goes_on_in_a_new_file(audited):
    world = World(audited.address)
    await world.user("ann")
    await eventually(lambda: entries(audited), 15, "the first entry")
    os.rename(audited.audit_path, audited.audit_path + ".1")
    audited.process.signal(signal.SIGHUP)
    await eventually(lambda: os.path.exists(audited.audit_path), 15, "the new file")
    bob = await world.user("bob")
    await entry(audited, "signup", user=bob.id)
    world.close()
