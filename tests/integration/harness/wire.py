"""One socket, read only when asked to, that can leave in every bad way there is."""

import asyncio
import contextlib
import socket
import struct

from .namespace import Address
from .timing import patience

RECV_BYTES = 256 * 1024


class Gone(Exception):
    """The peer ended the connection (FIN or RST) before what was awaited came."""

    def __init__(self, what, so_far=b""):
        super().__init__(f"connection ended while waiting for {what}; had {bytes(so_far[:200])!r}")
        self.so_far = bytes(so_far)


class Wire:
    """A connection to `address`: ("host", port), in another namespace a namespace.Address, or a Unix socket path."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = bytearray()
        self.closed = False

    @classmethod
    async def connect(cls, address, rcvbuf=None):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with address.namespace.inside() if isinstance(address, Address) else contextlib.nullcontext():
            sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            if rcvbuf:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
            if family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(patience(20)):
                await asyncio.get_running_loop().sock_connect(sock, address)
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    async def send(self, data):
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def send_split(self, parts, gap_s=0.05):
        """Sends each part in a segment of its own (as far as TCP lets one)."""
        for part in parts:
            await self.send(part)
            await asyncio.sleep(gap_s)

    async def fill(self):
        """Reads once into the buffer; False at the end of the stream. A reset raises.

        Cancelling loses no byte: what was received stands in the buffer before anything is awaited.
        """
        while True:
            try:
                data = self.sock.recv(RECV_BYTES)
            except BlockingIOError:
                await self._readable()
                continue
            self.buffer += data
            await asyncio.sleep(0)  # a fast peer must not starve the other clients of this loop
            return bool(data)

    async def _readable(self):
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(self.sock, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            if not self.closed:
                loop.remove_reader(self.sock)

    async def hold(self, count):
        """Waits until the buffer holds `count` bytes, and takes none of them."""
        while len(self.buffer) < count:
            if not await self.fill():
                raise Gone(f"{count} bytes", self.buffer)

    async def read_until(self, separator, limit=1 << 20):
        start = 0
        while True:
            at = self.buffer.find(separator, start)
            if at >= 0:
                end = at + len(separator)
                data = bytes(self.buffer[:end])
                del self.buffer[:end]
                return data
            start = max(0, len(self.buffer) - len(separator) + 1)
            if len(self.buffer) > limit:
                raise AssertionError(f"no {separator!r} within {limit} bytes")
            if not await self.fill():
                raise Gone(repr(separator), self.buffer)

    async def read_exactly(self, count):
        await self.hold(count)
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    async def read_to_end(self, seconds=15):
        """Everything up to FIN or RST; the deadline is an error of the server (it should close)."""
        async with asyncio.timeout(patience(seconds)):
            try:
                while await self.fill():
                    pass
            except ConnectionError:
                pass
        data = bytes(self.buffer)
        self.buffer.clear()
        return data

    async def ended(self, seconds=15):
        """True when the peer closes within the deadline; what it still says is kept."""
        try:
            async with asyncio.timeout(patience(seconds)):
                while await self.fill():
                    pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def half_close(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the peer was faster

    def reset(self):
        """Leaves with RST: unread bytes and unsent bytes are thrown away."""
        if not self.closed:
            try:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
            self.close()

    def close(self):
        if self.closed:
            return
        self.closed = True
        try:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self.sock)
            loop.remove_writer(self.sock)
        except RuntimeError:
            pass  # no loop runs any more
        self.sock.close()
