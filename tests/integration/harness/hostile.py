"""Raw bytes at the server, and what may come of it: a clear answer, or a close."""

import asyncio

from .http1 import parse_head
from .timing import patience
from .wire import Wire


def responses_in(data):
    """Status codes of the responses that `data` begins with, as far as they have a Content-Length."""
    statuses = []
    while data:
        head, separator, rest = data.partition(b"\r\n\r\n")
        assert separator, f"not a whole response: {data[:200]!r}"
        response = parse_head(head)
        statuses.append(response.status)
        length = response.header("content-length")
        if length is None:
            if response.status >= 200 and response.status not in (204, 304):
                return statuses  # until close
            length = 0
        data = rest[int(length):]
    return statuses


async def throw(address, *parts, gap_s=0.03, seconds=5, half_close=False, rcvbuf=None):
    """Sends `parts`, waits until the server closes or is quiet. Returns (bytes, closed)."""
    wire = await Wire.connect(address, rcvbuf)
    try:
        try:
            for n, part in enumerate(parts):
                if n:
                    await asyncio.sleep(gap_s)
                await wire.send(part)
        except OSError:
            pass  # it may close while we still talk
        if half_close:
            wire.half_close()
        closed = False
        try:
            while True:
                async with asyncio.timeout(patience(seconds)):
                    if not await wire.fill():
                        closed = True
                        break
        except TimeoutError:
            pass
        except ConnectionError:
            closed = True
        return bytes(wire.buffer), closed
    finally:
        wire.close()
