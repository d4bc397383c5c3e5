"""A relay that adds a delay each way, as a long line does, and keeps the times at which the client spoke."""

import asyncio
import contextlib
import time

_CHUNK = 64 * 1024
_WAITING_MAX = 256  # chunks on the line in each direction; then reading stops


class Relay:
    """Forwards connections on a port of its own to `target` (host, port). Use as `async with`."""

    def __init__(self, target, delay_s=0.0):
        self.target = target
        self.delay_s = delay_s
        self.spoke = []     # when the client's bytes came here, seconds since the epoch
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def flights(self, until):
        """How many times the client spoke before `until` (seconds since the epoch). What it says within less than a
        round trip is one, for none of it can be a reaction to an answer to the rest."""
        flights, began = 0, 0
        for at in sorted(self.spoke):
            if at < until and at >= began + 2 * self.delay_s:
                flights, began = flights + 1, at
        return flights

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            with contextlib.suppress(OSError):
                to_reader, to_writer = await asyncio.open_connection(*self.target)
                await asyncio.gather(
                    self._line(reader, to_writer, self.spoke),
                    self._line(to_reader, writer, None))
        finally:
            writer.close()
            self._tasks.discard(asyncio.current_task())

    async def _line(self, reader, writer, came):
        """One direction: each chunk leaves `delay_s` after it came, and the end, too."""
        line = asyncio.Queue(_WAITING_MAX)

        async def fill():
            data = b"."
            while data:
                try:
                    data = await reader.read(_CHUNK)
                except OSError:
                    data = b""
                if came is not None and data:
                    came.append(time.time())
                await line.put((time.monotonic() + self.delay_s, data))

        filling = asyncio.create_task(fill())
        try:
            while True:
                at, data = await line.get()
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # the other side is gone: this one is ended, too
        finally:
            filling.cancel()
            writer.close()
