"""Who may do what: every role × every call on a room, over REST and over WebSocket, and who hears of a room on every
transport. Who brings no valid token is refused before all this (test_openapi.py for each call, below for each transport)."""

import asyncio
import json

import pytest

from harness.http1 import HttpClient
from harness.timing import patience
from harness.transports import TRANSPORTS, is_quiet, open_stream
from harness.websocket import Refused
from harness.world import World, expect

ROLES = ("owner", "moderator", "member", "reader", "stranger", "removed")

# Each row: the call, then what each of ROLES gets of a private room, then of a public one.
# {author} has written {message} and is a member; {guest} is in no room; {other} is another owner.
CALLS = """
GET /rooms/{room}                                      200 200 200 200 404 404   200 200 200 200 200 200
PATCH /rooms/{room} {"topic":"t"}                      200 200 403 403 404 404   200 200 403 403 403 403
DELETE /rooms/{room}                                   204 403 403 403 404 404   204 403 403 403 403 403
POST /rooms/{room}/join                                200 200 200 200 404 404   200 200 200 200 200 200
POST /rooms/{room}/leave                               204 204 204 204 404 404   204 204 204 204 403 403
GET /rooms/{room}/members                              200 200 200 200 404 404   200 200 200 200 403 403
PUT /rooms/{room}/members/{guest} {"role":"member"}    201 201 403 403 404 404   201 201 403 403 403 403
PUT /rooms/{room}/members/{guest} {"role":"moderator"} 201 403 403 403 404 404   201 403 403 403 403 403
PUT /rooms/{room}/members/{guest} {"role":"owner"}     201 403 403 403 404 404   201 403 403 403 403 403
PUT /rooms/{room}/members/{author} {"role":"reader"}   200 200 403 403 404 404   200 200 403 403 403 403
PUT /rooms/{room}/members/{other} {"role":"member"}    200 403 403 403 404 404   200 403 403 403 403 403
DELETE /rooms/{room}/members/{author}                  204 204 403 403 404 404   204 204 403 403 403 403
DELETE /rooms/{room}/members/{other}                   204 403 403 403 404 404   204 403 403 403 403 403
PUT /rooms/{room}/members/{author}/mute {"seconds":60} 200 200 403 403 404 404   200 200 403 403 403 403
PUT /rooms/{room}/members/{other}/mute {"seconds":60}  403 403 403 403 404 404   403 403 403 403 403 403
DELETE /rooms/{room}/members/{author}/mute             204 204 403 403 404 404   204 204 403 403 403 403
DELETE /rooms/{room}/members/{other}/mute              403 403 403 403 404 404   403 403 403 403 403 403
PATCH /rooms/{room} {"slow_mode_seconds":60}           200 200 403 403 404 404   200 200 403 403 403 403
POST /rooms/{room}/messages {"text":"t"}               201 201 201 403 404 404   201 201 201 403 403 403
GET /rooms/{room}/messages                             200 200 200 200 404 404   200 200 200 200 403 403
GET /rooms/{room}/messages/{message}                   200 200 200 200 404 404   200 200 200 200 403 403
PATCH /rooms/{room}/messages/{message} {"text":"t"}    403 403 403 403 404 404   403 403 403 403 403 403
DELETE /rooms/{room}/messages/{message}                204 204 403 403 404 404   204 204 403 403 403 403
PUT /rooms/{room}/messages/{message}/reactions/x       204 204 204 403 404 404   204 204 204 403 403 403
DELETE /rooms/{room}/messages/{message}/reactions/x    204 204 204 403 404 404   204 204 204 403 403 403
PUT /rooms/{room}/read {"message_id":"{message}"}      204 204 204 204 404 404   204 204 204 204 403 403
POST /rooms/{room}/typing                              204 204 204 403 404 404   204 204 204 403 403 403
GET /rooms/{room}/presence                             200 200 200 200 404 404   200 200 200 200 403 403
GET /search?q=word&room={room}                         200 200 200 200 404 404   200 200 200 200 403 403
"""

# The same over WebSocket, where there is a command for it: 200 stands for an ack.
COMMANDS = """
send {"room_id":"{room}","text":"t","nonce":"n"}                      200 200 200 403 404 404   200 200 200 403 403 403
edit {"room_id":"{room}","message_id":"{message}","text":"t"}         403 403 403 403 404 404   403 403 403 403 403 403
delete {"room_id":"{room}","message_id":"{message}"}                  200 200 403 403 404 404   200 200 403 403 403 403
react {"room_id":"{room}","message_id":"{message}","emoji":"x"}       200 200 200 403 404 404   200 200 200 403 403 403
unreact {"room_id":"{room}","message_id":"{message}","emoji":"x"}     200 200 200 403 404 404   200 200 200 403 403 403
typing {"room_id":"{room}"}                                           200 200 200 403 404 404   200 200 200 403 403 403
read {"room_id":"{room}","message_id":"{message}"}                    200 200 200 200 404 404   200 200 200 200 403 403
"""


def rows(table):
    """(what is asked, {visibility: {role: status}})"""
    for line in table.strip().splitlines():
        words = line.split()
        statuses = [int(word) for word in words[-12:]]
        yield " ".join(words[:-12]), {"private": dict(zip(ROLES, statuses[:6])), "public": dict(zip(ROLES, statuses[6:]))}


def each(table):
    return pytest.mark.parametrize("call, expected", list(rows(table)), ids=[call for call, _ in rows(table)])


class Cast:
    """A person for each role, and rooms in which each has theirs."""

    def __init__(self, address):
        self.world = World(address)
        self.people = {}

    async def assemble(self):
        if not self.people:
            names = [*ROLES, "author", "guest", "other"]
            self.people = dict(zip(names, await self.world.users(len(names))))

    async def new_room(self, visibility):
        """The names that a call may have in braces."""
        await self.assemble()
        of = self.people
        owner = of["owner"]
        room = await owner.new_room(visibility)
        for name, role in (("moderator", "moderator"), ("member", "member"), ("reader", "reader"), ("removed", "member"),
                           ("author", "member"), ("other", "owner")):
            expect(await owner.rest.put(f"/api/v1/rooms/{room}/members/{of[name].id}", {"role": role}), 201)
        expect(await owner.rest.delete(f"/api/v1/rooms/{room}/members/{of['removed'].id}"), 204)
        message = await of["author"].say(room, "a word")
        return {"room": room, "message": message["id"], **{name: of[name].id for name in ("author", "guest", "other")}}


def filled(text, names):
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


@pytest.fixture(scope="module")
def shared_cast(shared_site):
    return Cast(shared_site.node("--sends-per-5s", "100000", "--sends-burst", "100000", "--drain-seconds", "1").address)


@pytest.fixture
def cast(shared_cast):
    yield shared_cast
    shared_cast.world.close()  # connections belong to a test's loop


@each(CALLS)
async def test_over_rest(cast, call, expected):
    method, target, *body = call.split(" ", 2)
    got = {visibility: {} for visibility in expected}
    for visibility, of_role in expected.items():
        for role in of_role:
            names = await cast.new_room(visibility)
            data = filled(body[0], names).encode() if body else None
            answer = await cast.people[role].rest.request(
                method, "/api/v1" + filled(target, names), body=data, headers={"Content-Type": "application/json"} if body else None)
            got[visibility][role] = answer.status
    assert got == expected


@each(COMMANDS)
async def test_over_a_web_socket(cast, call, expected):
    op, fields = call.split(" ", 1)
    got = {visibility: {} for visibility in expected}
    for visibility, of_role in expected.items():
        for role in of_role:
            names = await cast.new_room(visibility)
            stream = await cast.people[role].stream("ws")
            fields_now = {**json.loads(filled(fields, names))}
            if "nonce" in fields_now:
                fields_now["nonce"] = f"{visibility} {role}"
            answer = await stream.command(op, **fields_now)
            got[visibility][role] = 200 if answer["type"] == "ack" else answer["error"]["status"]
            stream.abandon()
    assert got == expected


@pytest.mark.parametrize("visibility", ["private", "public"])
@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_who_hears_of_a_room(cast, kind, visibility):
    await cast.assemble()
    names = await cast.new_room(visibility)
    for role in ROLES:
        person = cast.people[role]
        own = await person.new_room()
        stream = await person.stream(kind)
        await cast.people["author"].say(names["room"], "said in the room")
        await person.say(own, "the marker")
        heard = []
        async with asyncio.timeout(patience(20)):
            while not heard or b"the marker" not in heard[-1].raw:
                heard.append(await stream.next_event())
        of_room = [event for event in heard if names["room"].encode() in event.raw and not is_quiet(event)]
        is_in = role not in ("stranger", "removed")
        assert [event.type for event in of_room] == (["message.created"] if is_in else []), (role, of_room)
        stream.abandon()


@pytest.mark.parametrize("kind", TRANSPORTS)
async def test_no_transport_opens_without_a_valid_token(cast, kind):
    await cast.assemble()
    person = cast.people["owner"]
    revoked = (await person.rest.post("/api/v1/tokens/refresh")).json["token"]
    client = HttpClient(person.address, revoked)
    expect(await client.delete("/api/v1/sessions/current"), 204)
    client.close()
    for token in (None, "fl1.x.y", revoked, person.token + "x"):
        with pytest.raises(Refused) as refused:
            stream = await open_stream(kind, person.address, token)
            await stream.next_event()
        assert refused.value.response.status == 401, token
