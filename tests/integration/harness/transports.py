"""Every way into the event stream under one call, for tests that must hold on all of them."""

from .poll import Poll
from .sse import Sse
from .websocket import CBOR, WebSocket

# name -> what hello's `transport` must say
TRANSPORTS = {
    "ws": "websocket", "ws_cbor": "websocket", "sse": "sse", "poll": "poll",
    "connect_ws": "websocket", "connect_sse": "sse", "connect_poll": "poll",
}
STREAMS = ("ws", "sse")


async def open_stream(kind, address, token, params=None, hello=True, prove=True, **kw):
    """Opens `kind`, and unless told otherwise reads hello and proves the connection."""
    short = kind.removeprefix("connect_").removesuffix("_cbor")
    path = "/rt/v1/connect" if kind.startswith("connect_") else f"/rt/v1/{short}"
    if kind.endswith("_cbor"):
        kw.setdefault("protocols", (CBOR,))
    if short == "ws":
        stream = await WebSocket.open(address, token, path=path, params=params, **kw)
    elif short == "sse":
        stream = await Sse.open(address, token, path=path, params=params, **kw)
    else:
        stream = Poll(address, token, path=path, params=params, **kw)
    if not hello:
        return stream
    try:
        if short == "poll" and ((params or {}).get("cursor") or (params or {}).get("session")):
            # PROTOCOL.md, long poll: hello is promised "without cursor or session".
            await stream.begin()
            return stream
        first = await stream.next_event()
        assert first.type == "hello", f"the first event on {kind} is {first}"
        assert first.body["transport"] == TRANSPORTS[kind], first
        if prove and (params or {}).get("probe") != 0:
            await stream.prove()
    except BaseException:
        stream.abandon()
        raise
    return stream


def resume_of(stream):
    """What hello said about the cursor; a poll that was not given a hello goes on from its cursor."""
    return stream.hello.body["resume"] if stream.hello else "resumed"


def is_quiet(event):
    """Events that may come at any time and say nothing about rooms."""
    return event.type in ("heartbeat", "probe", "presence", "hello", "read.updated")


async def next_of(stream, *types, seconds=15):
    """The next event of one of `types`, skipping others."""
    while True:
        event = await stream.next_event(seconds)
        if event.type in types:
            return event


async def next_message(stream, seconds=15):
    return await next_of(stream, "message.created", seconds=seconds)
