"""What a client would count from the events alone: who is in which room, what is unread, what mentions whom."""

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"@([a-z0-9_.-]{2,32})")


@dataclass
class Message:
    position: int
    author: str
    mentions: set
    is_deleted: bool = False


@dataclass
class Room:
    messages: dict = field(default_factory=dict)  # id → Message
    since: dict = field(default_factory=dict)     # user id → position of their joining
    read: dict = field(default_factory=dict)      # user id → position of the last message that they have read


class Ledger:
    """Of one stream of events. With `names` (name → user id) mentions are found in the texts, else the event's are believed."""

    def __init__(self, names=None):
        self.rooms = {}
        self.position = 0
        self._names = names

    def take(self, event):
        self.position += 1
        room = self.rooms.setdefault(event.room_id, Room())
        data = event.data
        if event.type == "message.created":
            room.messages[data["id"]] = Message(self.position, data["author"]["id"], self._mentions(room, data))
        elif event.type == "message.updated" and data["id"] in room.messages:
            room.messages[data["id"]].mentions = self._mentions(room, data)
        elif event.type == "message.deleted" and data["id"] in room.messages:
            room.messages[data["id"]].is_deleted = True
        elif event.type == "member.joined":
            room.since[data["member"]["user"]["id"]] = self.position
        elif event.type == "member.left":
            room.since.pop(data["user_id"], None)
        elif event.type == "read.updated":
            self.has_read(event.room_id, data["user_id"], data["message_id"])

    def has_read(self, room, user, message):
        """Never back; what came before this ledger began is nothing that it counts."""
        room = self.rooms[room]
        if message in room.messages:
            room.read[user] = max(room.read.get(user, 0), room.messages[message].position)

    def counts(self, user):
        """room id → (unread, mentions) of the rooms that the user is in."""
        return {room_id: self._count(room, user) for room_id, room in self.rooms.items() if user in room.since}

    @staticmethod
    def _count(room, user):
        seen = max(room.since[user], room.read.get(user, 0))
        unread = [one for one in room.messages.values()
                  if one.position > seen and one.author != user and not one.is_deleted]
        return len(unread), sum(user in one.mentions for one in unread)

    def _mentions(self, room, data):
        if self._names is None:
            return set(data["mentions"])
        ids = {self._names.get(name) for name in _NAME.findall(data["text"])}
        return ids & set(room.since)
