"""People and rooms: the few REST calls that every test begins with."""

import itertools
import uuid

from .events import message_of
from .http1 import HttpClient
from .transports import open_stream

_NUMBERS = itertools.count(1)
PASSWORD = "correct horse battery"


def items(body, *names):
    """The list inside a list answer: PROTOCOL.md does not name it for every call."""
    if isinstance(body, list):
        return body
    for name in names:
        if isinstance(body.get(name), list):
            return body[name]
    lists = [value for value in body.values() if isinstance(value, list)]
    assert len(lists) == 1, f"no list in {body}"
    return lists[0]


def member_id(member):
    return member.get("user_id") or (member.get("user") or {}).get("id") or member["id"]


def unique(prefix):
    return f"{prefix}-{next(_NUMBERS)}-{uuid.uuid4().hex[:6]}"


def expect(response, *statuses):
    assert response.status in statuses, f"expected {statuses}, got {response}"
    return response


class User:
    """An account with a token and a keep-alive REST connection."""

    def __init__(self, address, body, password=PASSWORD):
        self.address = address
        self.user = body["user"]
        self.id = self.user["id"]
        self.name = self.user["name"]
        self.token = body["token"]
        self.password = password
        self.rest = HttpClient(address, self.token)
        self.streams = []

    def at(self, address):
        """The same user seen through another address (a proxy)."""
        return User(address, {"user": self.user, "token": self.token}, self.password)

    async def stream(self, kind, params=None, **kw):
        stream = await open_stream(kind, self.address, self.token, params, **kw)
        self.streams.append(stream)
        return stream

    async def new_room(self, visibility="public", name=None):
        answer = await self.rest.post("/api/v1/rooms", {"name": name or unique("room"), "visibility": visibility})
        return expect(answer, 201).json["id"]

    async def join(self, room):
        expect(await self.rest.post(f"/api/v1/rooms/{room}/join"), 200)

    async def leave(self, room):
        expect(await self.rest.post(f"/api/v1/rooms/{room}/leave"), 204)

    async def say(self, room, text, **more):
        answer = await self.rest.post(f"/api/v1/rooms/{room}/messages", {"text": text, **more})
        return expect(answer, 201).json

    async def history(self, room):
        """Every message of the room, oldest first, read page by page from the newest back."""
        messages, before = [], ""
        while True:
            page = expect(await self.rest.get(f"/api/v1/rooms/{room}/messages?limit=200{before}"), 200).json
            messages = page["messages"] + messages
            if not page["has_more"]:
                return messages
            before = f"&before={messages[0]['id']}"

    async def sync(self):
        return expect(await self.rest.get("/api/v1/sync"), 200).json

    def leave_no_trace(self):
        self.rest.close()
        for stream in self.streams:
            stream.abandon()


class World:
    """Makes people on one node, and closes all their connections at the end."""

    def __init__(self, address):
        self.address = address
        self.people = []

    async def user(self, name="user"):
        client = HttpClient(self.address)
        try:
            answer = await client.post("/api/v1/users", {"name": unique(name), "password": PASSWORD}, seconds=60)
        finally:
            client.close()
        person = User(self.address, expect(answer, 201).json)
        self.people.append(person)
        return person

    async def users(self, count, name="user"):
        return [await self.user(name) for _ in range(count)]

    async def room_of(self, owner, *others, visibility="public"):
        room = await owner.new_room(visibility)
        for other in others:
            await other.join(room)
        return room

    def close(self):
        for person in self.people:
            person.leave_no_trace()


def told(event):
    """(room, seq, id) of a message event."""
    message = message_of(event)
    return message["room_id"], message["seq"], message["id"]
