"""Unread, read and mention counts after a thousand random operations by 20 users with three sessions each: /sync says
what a model says that was told each event once, and so does each session's own."""

import asyncio
import random

import pytest

from harness.ledger import Ledger
from harness.timing import patience
from harness.transports import is_quiet
from harness.world import World, expect

_USERS = 20
_ROOMS = 6
_AT_ONCE = 10
_EACH_CHECK = 100
KINDS = ("ws", "sse", "poll")


class Crowd:
    """Users who do something at random, over REST or a WebSocket. `ledger` knows all; `texts` are theirs, by room."""

    def __init__(self, world, seed):
        self.random = random.Random(seed)
        self.world = world

    async def gather(self):
        self.keeper, *self.users = await self.world.users(_USERS + 1)
        self.ledger = Ledger({user.name: user.id for user in self.users})
        self.rooms = [await self.keeper.new_room() for _ in range(_ROOMS)]
        self.said = {room: [] for room in self.rooms}  # (author, message id)
        self.seen = []  # (user, room, message id) that were acknowledged as read
        self.watch = await self.keeper.stream("ws")
        self.streams, self.ledgers = {}, {}
        for user in self.users:
            self.streams[user] = {kind: await user.stream(kind) for kind in KINDS}
            self.ledgers[user] = {kind: Ledger() for kind in KINDS}

    async def do_something(self, user):
        room = self.random.choice(self.rooms)
        what = self.random.choices([self.say, self.edit, self.delete, self.read, self.join, self.leave], [40, 12, 8, 20, 14, 6])[0]
        await what(user, room)

    def text(self):
        named = self.random.sample(self.users, self.random.choice([0, 0, 1, 2]))
        return " ".join(["hello", *(f"@{one.name}" for one in named), str(self.random.random())])

    async def command(self, user, op, **fields):
        answer = await self.streams[user]["ws"].command(op, **fields)
        return 200 if answer["type"] == "ack" else answer["error"]["status"], answer

    async def say(self, user, room):
        if self.random.random() < 0.5:
            status, answer = await self.command(user, "send", room_id=room, text=self.text(), nonce=str(self.random.random()))
            message = answer.get("data")
        else:
            answer = await user.rest.post(f"/api/v1/rooms/{room}/messages", {"text": self.text()})
            status, message = answer.status, answer.json
        if status in (200, 201):
            self.said[room].append((user, message["id"]))
        else:
            assert status == 403, answer

    def mine(self, user, room):
        return [message for author, message in self.said[room] if author is user]

    async def edit(self, user, room):
        if mine := self.mine(user, room):
            answer = await user.rest.patch(f"/api/v1/rooms/{room}/messages/{self.random.choice(mine)}", {"text": self.text()})
            expect(answer, 200, 403, 409)  # 403: has left; 409: is deleted

    async def delete(self, user, room):
        if mine := self.mine(user, room):
            expect(await user.rest.delete(f"/api/v1/rooms/{room}/messages/{self.random.choice(mine)}"), 204, 403)

    async def read(self, user, room):
        if not self.said[room]:
            return
        message = self.random.choice(self.said[room][-12:])[1]
        if self.random.random() < 0.5:
            status, _ = await self.command(user, "read", room_id=room, message_id=message)
        else:
            status = (await user.rest.put(f"/api/v1/rooms/{room}/read", {"message_id": message})).status
        assert status in (200, 204, 403), status
        if status != 403:
            self.seen.append((user, room, message))

    async def join(self, user, room):
        await user.join(room)

    async def leave(self, user, room):
        expect(await user.rest.post(f"/api/v1/rooms/{room}/leave"), 204, 403)

    async def hear_all(self):
        """Every stream has had everything that has happened: an edit by the keeper comes after it."""
        marks = {}
        for room in self.rooms:
            marks[room] = (await self.keeper.say(room, "mark"))["id"]
            self.said[room].append((self.keeper, marks[room]))
        await self._hear(self.watch, self.ledger, set(marks.values()))
        for user in self.users:
            due = {marks[room] for room in self.ledger.counts(user.id)}
            for kind in KINDS:
                await self._hear(self.streams[user][kind], self.ledgers[user][kind], set(due))
        for user, room, message in self.seen:
            self.ledger.has_read(room, user.id, message)
        self.seen.clear()

    @staticmethod
    async def _hear(stream, ledger, due):
        async with asyncio.timeout(patience(60)):
            while due:
                event = await stream.next_event(30)
                if event.type == "read.updated" or not is_quiet(event):
                    ledger.take(event)
                due.discard(event.data.get("id"))

    async def check(self):
        for user in self.users:
            said = {room["id"]: (room["unread_count"], room["mention_count"]) for room in (await user.sync())["rooms"]}
            assert said == self.ledger.counts(user.id), user.name
            for kind in KINDS:
                assert said == self.ledgers[user][kind].counts(user.id), (user.name, kind)


@pytest.mark.parametrize("seed", [1])
async def test_counts_are_those_of_a_model(site, seed, pytestconfig):
    node = site.node("--sends-per-5s", "100000", "--sends-burst", "100000", "--drain-seconds", "1")
    world = World(node.address)
    crowd = Crowd(world, seed)
    await crowd.gather()
    operations = pytestconfig.getoption("--count-operations")
    for n in range(0, operations, _AT_ONCE):
        # Each user one thing at a time, the users all at once.
        await asyncio.gather(*(crowd.do_something(user) for user in crowd.random.sample(crowd.users, _AT_ONCE)))
        if (n + _AT_ONCE) % _EACH_CHECK == 0:
            await crowd.hear_all()
            await crowd.check()
    counts = [count for user in crowd.users for count in crowd.ledger.counts(user.id).values()]
    assert any(unread for unread, _ in counts) and any(mentions for _, mentions in counts), "nothing was counted"
    world.close()
