"""An event as it came off a wire, and what all three transports have in common."""

import json

DURABLE = (
    "message.created", "message.updated", "message.deleted", "reaction.added", "reaction.removed",
    "room.created", "room.updated", "room.deleted", "member.joined", "member.left",
    "member.updated", "read.updated",
)


class Event:
    """`raw` are the bytes of the JSON object as sent; `sse_id` the SSE id line, if there was one."""

    __slots__ = ("raw", "body", "sse_id")

    def __init__(self, raw, sse_id=None):
        self.raw = raw
        self.body = json.loads(raw)
        self.sse_id = sse_id

    @property
    def type(self):
        return self.body.get("type")

    @property
    def cursor(self):
        """The cursor of a durable event; hello's and heartbeat's are not the event's own."""
        return None if self.type in ("hello", "heartbeat") else self.body.get("cursor")

    @property
    def data(self):
        return self.body.get("data") or {}

    @property
    def room_id(self):
        return self.body.get("room_id")

    def __repr__(self):
        return f"<{self.raw[:160]!r}>"


def message_of(event):
    """The message object of a message.* event (`data`, or `data.message`)."""
    return event.data.get("message", event.data)


def mentions(event, word):
    return word.encode() in event.raw
